import { FLOW_FORMAT } from './flow.ts'
import type { Json } from '../schema/schema.ts'

/** Turns a document of one format into the next. Gets a checked JSON object, must not change it, says nothing of `format`. */
export type Upgrade = (document: Json) => Json

/**
 * The n-th (from 0) leads from format n + 1 to n + 2, so the list has no gaps. Never edited after a release. Only
 * format 1 exists yet.
 */
export const UPGRADES: readonly Upgrade[] = []

export function upgrade(document: Json, from: number, upgrades = UPGRADES, to = FLOW_FORMAT): Json {
  if (upgrades.length !== to - 1)
    throw new Error(`${to - 1} upgrades lead to flow format ${to}, not ${upgrades.length}.`)
  return upgrades
    .slice(from - 1)
    .reduce<Json>((older, step, index) => ({ ...step(older), format: from + index + 1 }), document)
}
