/** What people do about connectors, unknown sources, dead letters and gaps; and what the gateway runs on. */

import type { ConnectorStatus, Gap } from "./model.ts";
import { get, post, queryString, remove } from "./request.ts";

export interface MappedValue {
  readonly path: string;
  readonly signal: string;
  readonly kind: string;
  readonly data_type: string;
  readonly unit: string;
}

export interface MappingWish {
  readonly source: string;
  readonly values: readonly MappedValue[];
  readonly timestamp_path: string;
  readonly timestamp_format: string;
}

export interface Proposal {
  readonly connector: string;
  readonly wish: MappingWish;
  readonly yaml: string;
  /** Where it would be written; empty where this gateway's configuration is not changed from the page. */
  readonly file: string;
  readonly remark: string;
}

export interface Adopted {
  readonly yaml: string;
  readonly file: string;
  readonly told: string;
}

export interface Retried {
  readonly letter: number;
  readonly rows: number;
  readonly reason: string;
}

export interface System {
  readonly version: string;
  readonly build: string;
  readonly python: string;
  readonly platform: string;
  readonly libraries: Readonly<Record<string, string>>;
  readonly disk_free_bytes: number;
  readonly disk_total_bytes: number;
}

const at = (connector: string): string => `/connectors/${encodeURIComponent(connector)}`;

export const restart = (connector: string): Promise<ConnectorStatus> => post(`${at(connector)}/restart`, {});
export const switchOff = (connector: string, reason: string): Promise<ConnectorStatus> => post(`${at(connector)}/disable`, { reason });
export const switchOn = (connector: string): Promise<ConnectorStatus> => post(`${at(connector)}/enable`, {});

export const proposal = (connector: string, source: string): Promise<Proposal> => get(`${at(connector)}/unknown/proposal`, { source });
export const mappingYaml = async (connector: string, wish: MappingWish): Promise<string> =>
  (await post<{ yaml: string }>(`${at(connector)}/unknown/yaml`, wish)).yaml;
export const adopt = (connector: string, wish: MappingWish): Promise<Adopted> => post(`${at(connector)}/unknown/adopt`, wish);
export const ignoreSource = (connector: string, source: string, reason: string): Promise<void> =>
  post(`${at(connector)}/unknown/ignore`, { source, reason });
export const noticeSource = (connector: string, source: string): Promise<void> =>
  remove(`${at(connector)}/unknown/ignore${queryString({ source })}`);

export const retryLetters = async (ids: readonly number[]): Promise<readonly Retried[]> =>
  (await post<{ items: readonly Retried[] }>("/dead-letters/retry", { ids })).items;
export const dismissLetters = (ids: readonly number[], reason: string): Promise<void> => post("/dead-letters/dismiss", { ids, reason });
export const letterFile = (id: number): string => `/api/v1/dead-letters/${String(id)}/payload`;
export const LETTERS_FILE = "/api/v1/dead-letters/export";

export const noteGap = (id: number, reason: string): Promise<Gap> => post(`/gaps/${String(id)}/note`, { reason });

export const system = (): Promise<System> => get("/system");
