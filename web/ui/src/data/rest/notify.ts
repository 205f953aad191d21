/** Notifications: channels, teams, the delivery log, and how one wants to be told oneself. */

import { get, post, put } from "./request.ts";

export interface Channel {
  readonly name: string;
  readonly type: string;
  readonly target: string;
  readonly personal: boolean;
  readonly state: "untried" | "working" | "failing";
  readonly since_ms: number;
  readonly last_error: string;
  readonly last_sent_ms: number | null;
  readonly waiting: number;
  readonly address_hint: string;
}

export interface Duty {
  readonly people: readonly string[];
  readonly how: "shift" | "on_call" | "members";
  readonly start_ms: number;
  readonly until_ms: number | null;
}

export interface Team {
  readonly name: string;
  readonly title: string;
  readonly zones: readonly string[];
  readonly types: readonly string[];
  readonly time_zone: string;
  readonly members: readonly string[];
  readonly supervisors: readonly string[];
  readonly managers: readonly string[];
  readonly channels: readonly string[];
  readonly now: Duty;
  readonly next: Duty | null;
  readonly unreachable: readonly string[];
}

export const DELIVERY_STATES = ["waiting", "sending", "sent", "failed", "unknown"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface Delivery {
  readonly id: number;
  readonly person: string;
  readonly channel: string;
  readonly kind: "notice" | "digest" | "test";
  readonly severity: "P1" | "P2" | "P3" | "P4";
  readonly issue: number | null;
  readonly subject: string;
  readonly body: string;
  readonly notices: number;
  readonly state: DeliveryState;
  readonly tries: number;
  readonly error: string;
  readonly created_ms: number;
  readonly sent_ms: number | null;
  readonly seen_ms: number | null;
}

export interface DeliveryPage {
  readonly items: readonly Delivery[];
  readonly next_before: number | null;
}

export interface Quiet {
  readonly days: readonly string[];
  readonly start: string;
  readonly end: string;
}

export interface Contact {
  readonly person: string;
  readonly addresses: Readonly<Record<string, string>>;
  readonly time_zone: string;
  readonly quiet: readonly Quiet[];
  readonly break_through: string;
  readonly digest_from: string;
  readonly digest_at: string;
  readonly version: number;
}

export interface LinkOffer {
  readonly issue: number;
  readonly person: string;
  readonly title: string;
  readonly asset: string;
  readonly severity: "P1" | "P2" | "P3" | "P4";
  readonly opened_ms: number;
  readonly done: string;
}

interface Items<T> {
  readonly items: readonly T[];
}

export const channels = async (): Promise<readonly Channel[]> => (await get<Items<Channel>>("/notify/channels")).items;

export const testChannel = (name: string): Promise<Delivery> =>
  post(`/notify/channels/${encodeURIComponent(name)}/test`, {});

export const teams = async (): Promise<readonly Team[]> => (await get<Items<Team>>("/notify/teams")).items;

export const deliveries = (state: string, channel: string, before: number | null): Promise<DeliveryPage> =>
  get("/notify/deliveries", {
    limit: 50,
    ...(state === "" ? {} : { state }),
    ...(channel === "" ? {} : { channel }),
    ...(before === null ? {} : { before }),
  });

export const retryDelivery = (id: number): Promise<Delivery> => post(`/notify/deliveries/${String(id)}/retry`, {});

export const ownContact = (): Promise<Contact> => get("/session/notifications");

export const saveContact = (contact: Omit<Contact, "person">): Promise<Contact> =>
  put("/session/notifications", contact);

export const ownChannels = async (): Promise<readonly Channel[]> =>
  (await get<Items<Channel>>("/session/notifications/channels")).items;

export const testOwn = (name: string): Promise<Delivery> =>
  post(`/session/notifications/test/${encodeURIComponent(name)}`, {});

export const inbox = async (): Promise<readonly Delivery[]> =>
  (await get<Items<Delivery>>("/session/notifications/inbox")).items;

export const seen = (id: number): Promise<void> => post(`/session/notifications/inbox/${String(id)}/seen`, {});

/** Says what a signed link would do; nothing is done yet. */
export const lookAtLink = (secret: string): Promise<LinkOffer> => post("/notify/link", { secret });

export const acknowledgeByLink = (secret: string): Promise<{ readonly issue: number }> =>
  post("/notify/acknowledge", { secret });
