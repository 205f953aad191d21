/** The production plan: orders, forecast, plan against capacity, work orders, and files in and out. */

import type { JSX } from "preact";
import { Parted, type Part } from "../parts/parted.tsx";
import { CapacityPart } from "./capacity.tsx";
import { ForecastPart } from "./forecast.tsx";
import { OrdersPart, WorkOrdersPart } from "./orders.tsx";
import { TablesPart } from "./tables.tsx";

const PARTS: readonly [Part, ...Part[]] = [
  ["", "plan.capacity", CapacityPart],
  ["orders", "plan.orders", OrdersPart],
  ["forecast", "plan.forecast", ForecastPart],
  ["work-orders", "plan.work_orders", WorkOrdersPart],
  ["tables", "plan.tables", TablesPart],
];

export function PlanPage(_props: { rest: string }): JSX.Element {
  return <Parted title="plan.title" choice="plan.pages" parts={PARTS} />;
}
