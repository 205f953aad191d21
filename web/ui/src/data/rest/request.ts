/** One HTTP request to the gateway: JSON in and out, problems as errors that say what failed. */

const LIMIT_MS = 15_000;

/** One thing that is wrong: its place, what it is, what would be right. */
export interface Mistake {
  readonly where: string;
  readonly what: string;
  readonly wanted: string;
}

/** The server's answer was a problem document, or there was no answer (status 0). */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** What is wrong where, as far as the gateway names places. */
  readonly mistakes: readonly Mistake[];

  constructor(status: number, title: string, detail: string, mistakes: readonly Mistake[] = []) {
    super(detail === "" ? title : `${title}: ${detail}`);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.mistakes = mistakes;
  }
}

export type Query = Readonly<Record<string, string | number | readonly string[]>>;

export function queryString(query: Query): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (typeof value === "object") value.forEach((each) => parts.append(key, each));
    else parts.append(key, String(value));
  }
  const text = parts.toString();
  return text === "" ? "" : `?${text}`;
}

async function failure(response: Response): Promise<ApiError> {
  const fallback = `${String(response.status)} ${response.statusText}`.trim();
  if (!(response.headers.get("content-type") ?? "").includes("json")) {
    return new ApiError(response.status, fallback, "");
  }
  const problem = (await response.json()) as { title?: unknown; detail?: unknown; errors?: readonly Mistake[] };
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return new ApiError(response.status, text(problem.title) || fallback, text(problem.detail), problem.errors);
}

/** What a change must repeat so that the gateway knows it comes from this page; empty where nobody signs in. */
let csrf = "";
let signedOut = (): void => undefined;

export function setCsrf(value: string): void {
  csrf = value;
}

/** Names what is called when an answer says that nobody is signed in. */
export function onSignedOut(call: () => void): void {
  signedOut = call;
}

const changing = (): Record<string, string> => (csrf === "" ? {} : { "x-csrf-token": csrf });

async function request<T>(path: string, init: RequestInit, limitMs = LIMIT_MS): Promise<T> {
  // Not AbortSignal.timeout: it keeps what waits for the answer alive until it fires.
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new Error("it took too long"));
  }, limitMs);
  try {
    const response = await fetch(`/api/v1${path}`, { ...init, signal: limit.signal });
    if (!response.ok) throw await failure(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  } catch (error) {
    if (error instanceof ApiError) {
      if (error.status === 401 && !path.startsWith("/session")) signedOut();
      throw error;
    }
    throw new ApiError(0, "No answer from the gateway", error instanceof Error ? error.message : "");
  } finally {
    clearTimeout(timer);
  }
}

export async function get<T>(path: string, query: Query = {}): Promise<T> {
  return request<T>(path + queryString(query), { headers: { accept: "application/json" } });
}

export async function remove(path: string): Promise<void> {
  await request<undefined>(path, { method: "DELETE", headers: { accept: "application/json", ...changing() } });
}

export async function patch(path: string, body: object): Promise<void> {
  await request<undefined>(path, {
    method: "PATCH",
    headers: { "content-type": "application/json", accept: "application/json", ...changing() },
    body: JSON.stringify(body),
  });
}

/** Puts a thing in the place of the one that is there. */
export async function put<T>(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<T> {
  return request<T>(path, {
    method: "PUT",
    headers: { ...headers, "content-type": "application/json", accept: "application/json", ...changing() },
    body: JSON.stringify(body),
  });
}

/** Sends a command once; it is never repeated and never kept for later. */
export async function post<T>(
  path: string,
  body: object,
  limitMs = LIMIT_MS,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const init = {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", accept: "application/json", ...changing() },
    body: JSON.stringify(body),
  };
  return request<T>(path, init, limitMs);
}

/** Sends a whole file once, as it is. */
export async function upload<T>(path: string, query: Query, file: Blob): Promise<T> {
  return request<T>(path + queryString(query), {
    method: "POST",
    headers: { "content-type": "application/octet-stream", accept: "application/json", ...changing() },
    body: file,
  });
}

/** Deletes something that answers with what it has become. */
export async function end<T>(path: string): Promise<T> {
  return request<T>(path, { method: "DELETE", headers: { accept: "application/json", ...changing() } });
}
