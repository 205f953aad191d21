/** Who is signed in, and how one signs in and out. */

import { ApiError, get, post, remove } from "./request.ts";

export interface Session {
  readonly name: string;
  readonly kind: string;
  readonly rights: readonly string[];
  readonly page: string;
  readonly csrf: string;
  readonly sign_in: "required" | "off";
  /** What the provider's button says; empty where there is none. */
  readonly provider: string;
}

export const session = (): Promise<Session> => get("/session");

export const signIn = (name: string, password: string, code: string): Promise<Session> =>
  post("/session", { name, password, code });

/** Signs out here; answers with where to sign out of the provider too, empty where there is nothing to do there. */
export async function signOut(provider: string): Promise<string> {
  const url = provider === "" ? "" : await wayOut();
  await remove("/session");
  return url;
}

/** Where the provider signs people out; a gateway that cannot tell keeps nobody signed in here. */
async function wayOut(): Promise<string> {
  try {
    return (await post<{ url: string }>("/session/provider/leave", {})).url;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return "";
  }
}

/** Sets a password by the secret of a one-time link; a name makes the first administrator. */
export const redeem = (secret: string, name: string, password: string): Promise<void> =>
  post("/session/link", { secret, name, password });

/** Makes this browser a display by its token. */
export const showDisplay = (token: string): Promise<Session> => post("/session/display", { token });
