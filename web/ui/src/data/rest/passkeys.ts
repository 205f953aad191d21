/** Passkeys: the browser's authenticator asks its owner, the gateway checks the answer. */

import { get, post, remove } from "./request.ts";
import type { Session } from "./session.ts";

export interface Ways {
  /** What the provider's button says; empty where there is none. */
  readonly provider: string;
  /** The address that passkeys are bound to; empty where there are none. */
  readonly passkeys_at: string;
}

export interface Passkey {
  readonly id: string;
  readonly label: string;
  readonly created_ms: number;
  readonly used_ms: number | null;
}

interface Offer<T> {
  readonly options: T;
  readonly flow: string;
}

export const ways = (): Promise<Ways> => get("/session/ways");

/** Whether this browser could use passkeys here: they are bound to one address, and need a browser of some age. */
export const canUse = (at: string): boolean =>
  at === location.origin &&
  typeof PublicKeyCredential === "function" &&
  typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function";

function answer(made: Credential | null): unknown {
  if (made instanceof PublicKeyCredential) return made.toJSON();
  throw new DOMException("", "NotAllowedError");
}

/** Signs in by a passkey; a `DOMException` says that the person or the device would not. */
export async function signInByPasskey(): Promise<Session> {
  const offer = await post<Offer<PublicKeyCredentialRequestOptionsJSON>>("/session/passkey/options", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(offer.options);
  const credential = answer(await navigator.credentials.get({ publicKey }));
  return post("/session/passkey", { credential, flow: offer.flow });
}

/** Makes a passkey in a device and keeps its public half here. */
export async function addPasskey(label: string, password: string): Promise<Passkey> {
  const offer = await post<Offer<PublicKeyCredentialCreationOptionsJSON>>("/session/passkeys/options", { password });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(offer.options);
  const credential = answer(await navigator.credentials.create({ publicKey }));
  return post("/session/passkeys", { credential, flow: offer.flow, label });
}

export const passkeys = async (): Promise<readonly Passkey[]> =>
  (await get<{ items: readonly Passkey[] }>("/session/passkeys")).items;

export const removePasskey = (id: string): Promise<void> => remove(`/session/passkeys/${encodeURIComponent(id)}`);
