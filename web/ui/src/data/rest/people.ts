/** People who may sign in, their sessions, and displays. */

import { get, patch, post, remove } from "./request.ts";

export interface Person {
  readonly name: string;
  readonly grants: readonly string[];
  readonly state: "active" | "disabled";
  readonly has_password: boolean;
  readonly has_code: boolean;
  readonly from_provider: boolean;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly kind: "display" | "service";
  readonly page: string;
  readonly grants: readonly string[];
  /** What the roles are narrowed to; null does not. */
  readonly rights: readonly string[] | null;
  readonly expires_ms: number;
  readonly revoked_ms: number | null;
  readonly secret: string | null;
}

interface Items<T> {
  readonly items: readonly T[];
}

const at = (name: string): string => `/users/${encodeURIComponent(name)}`;

export const people = async (): Promise<readonly Person[]> => (await get<Items<Person>>("/users")).items;

/** Answers with the path of the link that sets the password, once. */
export const addPerson = async (name: string, grants: readonly string[]): Promise<string> =>
  (await post<{ path: string }>("/users", { name, grants })).path;

export const resetPerson = async (name: string): Promise<string> =>
  (await post<{ path: string }>(`${at(name)}/reset`, {})).path;

export const setState = (name: string, state: Person["state"]): Promise<void> => patch(at(name), { state });

export const changePassword = (old: string, next: string): Promise<void> =>
  post("/session/password", { old_password: old, new_password: next });

export interface CodeOffer {
  readonly otpauth: string;
  readonly qr: readonly string[];
}

export const offerCode = (): Promise<CodeOffer> => post("/session/code", {});

export const confirmCode = (code: string): Promise<void> => post("/session/code/confirm", { code });

export const tokens = async (): Promise<readonly Token[]> => (await get<Items<Token>>("/tokens")).items;

export const addDisplay = (name: string, page: string): Promise<Token> => post("/tokens", { name, page });

export interface NewService {
  readonly name: string;
  readonly grants: readonly string[];
  readonly rights: readonly string[] | null;
  readonly lifetime_days: number;
}

export const addService = (service: NewService): Promise<Token> => post("/tokens", service);

export const revoke = (id: string): Promise<void> => remove(`/tokens/${encodeURIComponent(id)}`);
