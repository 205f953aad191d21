/** Boards and views that people keep. */

import type { Tile } from "../boards/layout.ts";
import { get, post, put, remove } from "./request.ts";

export type PageKind = "board" | "view";
export type Audience = "owner" | "some" | "all";

export interface Sharing {
  readonly audience: Audience;
  readonly roles: readonly string[];
  readonly zones: readonly string[];
}

export interface BoardBody {
  readonly tiles: readonly Tile[];
}

export interface ViewBody {
  readonly signals: readonly string[];
  readonly window_s: number;
  readonly to_ms: number | null;
  readonly compare: "none" | "window" | "day" | "week";
  readonly select_ms: readonly [number, number] | null;
}

export interface Draft<B> {
  readonly title: string;
  readonly sharing: Sharing;
  readonly body: B;
}

export interface SavedPage<B> extends Draft<B> {
  readonly kind: PageKind;
  readonly id: string;
  readonly owner: string;
  readonly version: number;
  readonly created_ms: number;
  readonly changed_ms: number;
  readonly changed_by: string;
  readonly may_change: boolean;
}

export type Board = SavedPage<BoardBody>;
export type SavedView = SavedPage<ViewBody>;

export const OWN: Sharing = { audience: "owner", roles: [], zones: [] };

const at = (kind: PageKind, id: string): string => `/pages/${kind}/${encodeURIComponent(id)}`;

/** Titles and owners; the bodies are empty. */
export const savedPages = async (kind: PageKind): Promise<readonly SavedPage<unknown>[]> =>
  (await get<{ items: readonly SavedPage<unknown>[] }>(`/pages/${kind}`)).items;

export const savedPage = <B>(kind: PageKind, id: string): Promise<SavedPage<B>> => get(at(kind, id));

export const addPage = <B>(kind: PageKind, draft: Draft<B>): Promise<SavedPage<B>> => post(`/pages/${kind}`, draft);

/** Answers 409 where somebody else changed the page since `version`. */
export const changePage = <B>(kind: PageKind, id: string, draft: Draft<B>, version: number): Promise<SavedPage<B>> =>
  put(at(kind, id), { ...draft, version });

export const removePage = (kind: PageKind, id: string, version: number): Promise<void> =>
  remove(`${at(kind, id)}?version=${String(version)}`);

export const importBoard = (text: string): Promise<Board> => post("/pages/board/import", { text });

export const boardFile = (id: string): string => `/api/v1${at("board", id)}/yaml`;
