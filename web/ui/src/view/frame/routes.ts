/** Which page an address shows: one entry a page, in the order of the address. */

import { FloorPage } from "../floor/page.tsx";
import type { Key } from "../i18n/index.ts";
import { lazy, type Page } from "./lazy.tsx";

export interface Route {
  readonly at: RegExp;
  readonly page: Page;
  readonly title: Key;
  /** A wall screen has nothing around its board that could be pressed. */
  readonly frame?: "bare";
}

export const ROUTES: readonly Route[] = [
  { at: /^\/(?:floor\/?)?$/, page: FloorPage, title: "nav.floor" },
  { at: /^\/floor\/(.+?)\/?$/, page: lazy(async () => (await import("../line/page.tsx")).LinePage), title: "search.line" },
  {
    at: /^\/machine\/(.+?)\/?$/,
    page: lazy(async () => (await import("../machine/page.tsx")).MachinePage),
    title: "search.machine",
  },
  { at: /^\/alarms\/?$/, page: lazy(async () => (await import("../alarms/page.tsx")).AlarmsPage), title: "nav.alarms" },
  { at: /^\/issues\/?$/, page: lazy(async () => (await import("../issues/list.tsx")).IssuesPage), title: "nav.issues" },
  {
    at: /^\/issues\/board\/?$/,
    page: lazy(async () => (await import("../issues/board/page.tsx")).BoardPage),
    title: "board.title",
  },
  {
    at: /^\/my-work\/?$/,
    page: lazy(async () => (await import("../issues/mine/page.tsx")).MyWorkPage),
    title: "mine.title",
  },
  {
    at: /^\/learning\/?$/,
    page: lazy(async () => (await import("../issues/learning/page.tsx")).LearningPage),
    title: "learning.title",
  },
  {
    at: /^\/issues\/(\d+)$/,
    page: lazy(async () => (await import("../issues/detail.tsx")).IssuePage),
    title: "search.issue",
  },
  { at: /^\/rules\/?$/, page: lazy(async () => (await import("../rules/page.tsx")).RulesPage), title: "nav.rules" },
  { at: /^\/rules\/([\w.-]+)$/, page: lazy(async () => (await import("../rules/detail.tsx")).RulePage), title: "rules.id" },
  {
    at: /^\/backtests\/?$/,
    page: lazy(async () => (await import("../backtests/page.tsx")).BacktestsPage),
    title: "nav.backtests",
  },
  { at: /^\/boards\/?$/, page: lazy(async () => (await import("../boards/list.tsx")).BoardsPage), title: "nav.boards" },
  {
    at: /^\/boards\/([\w-]+)\/?$/,
    page: lazy(async () => (await import("../boards/page.tsx")).BoardPage),
    title: "nav.boards",
  },
  {
    at: /^\/explore\/?$/,
    page: lazy(async () => (await import("../explore/page.tsx")).ExplorePage),
    title: "nav.explore",
  },
  {
    at: /^\/audit\/?$/,
    page: lazy(async () => (await import("../audit/page.tsx")).AuditPage),
    title: "audit.title",
  },
  {
    at: /^\/control(?:\/(.+?))?\/?$/,
    page: lazy(async () => (await import("../control/page.tsx")).ControlPage),
    title: "control.title",
  },
  {
    at: /^\/kiosk\/([\w-]+)\/?$/,
    page: lazy(async () => (await import("../kiosk/page.tsx")).KioskPage),
    title: "nav.kiosk",
    frame: "bare",
  },
  {
    at: /^\/health\/connectors\/?$/,
    page: lazy(async () => (await import("../health/connectors.tsx")).ConnectorsPage),
    title: "health.connectors",
  },
  {
    at: /^\/health\/unknown\/?$/,
    page: lazy(async () => (await import("../health/unknown.tsx")).UnknownPage),
    title: "health.unknown_short",
  },
  {
    at: /^\/health\/dead-letters\/?$/,
    page: lazy(async () => (await import("../health/dead-letters.tsx")).DeadLettersPage),
    title: "health.dead",
  },
  {
    at: /^\/health\/gaps\/?$/,
    page: lazy(async () => (await import("../health/gaps.tsx")).GapsPage),
    title: "health.gaps_short",
  },
  {
    at: /^\/performance\/?$/,
    page: lazy(async () => (await import("../performance/page.tsx")).PerformancePage),
    title: "performance.title",
  },
  { at: /^\/plan\/?$/, page: lazy(async () => (await import("../plan/page.tsx")).PlanPage), title: "plan.title" },
  {
    at: /^\/operator\/?$/,
    page: lazy(async () => (await import("../operator/page.tsx")).StationsPage),
    title: "operator.title",
  },
  {
    at: /^\/operator\/(.+?)\/?$/,
    page: lazy(async () => (await import("../operator/station.tsx")).StationPage),
    title: "operator.title",
  },
  { at: /^\/flow\/?$/, page: lazy(async () => (await import("../flow/page.tsx")).FlowPage), title: "flow.title" },
  {
    at: /^\/schedule\/?$/,
    page: lazy(async () => (await import("../schedule/page.tsx")).SchedulePage),
    title: "schedule.title",
  },
  {
    at: /^\/reports\/?$/,
    page: lazy(async () => (await import("../reports/page.tsx")).ReportsPage),
    title: "reports.title",
  },
  {
    at: /^\/improvement\/?$/,
    page: lazy(async () => (await import("../improvement/page.tsx")).ImprovementPage),
    title: "improvement.title",
  },
  {
    at: /^\/quality\/?$/,
    page: lazy(async () => (await import("../quality/page.tsx")).QualityPage),
    title: "quality.title",
  },
  {
    at: /^\/maintenance\/?$/,
    page: lazy(async () => (await import("../maintenance/page.tsx")).MaintenancePage),
    title: "nav.maintenance",
  },
  {
    at: /^\/maintenance\/(\d+)$/,
    page: lazy(async () => (await import("../maintenance/detail.tsx")).WorkOrderPage),
    title: "work.order",
  },
  {
    at: /^\/notifications\/?$/,
    page: lazy(async () => (await import("../notifications/page.tsx")).NotificationsPage),
    title: "nav.notifications",
  },
  {
    at: /^\/account\/?$/,
    page: lazy(async () => (await import("../account/page.tsx")).AccountPage),
    title: "nav.account",
  },
  {
    at: /^\/admin\/?$/,
    page: lazy(async () => (await import("../people/page.tsx")).PeoplePage),
    title: "people.title",
  },
  { at: /^\/health\/?$/, page: lazy(async () => (await import("../health/page.tsx")).HealthPage), title: "nav.health" },
];
