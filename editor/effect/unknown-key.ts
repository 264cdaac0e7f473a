import type { SettleRequest, UnknownView } from '../../server/contract/effects.ts'

type Place = Pick<UnknownView, 'call' | 'position'>

/** Names an effect within a page: its call and its place in it. */
export const keyOf = (one: Place): string => `${one.call} ${one.position}`

/** The effects behind the marked keys, as the server takes them. */
export const effectsOf = (rows: readonly Place[], keys: ReadonlySet<string>): SettleRequest['effects'] =>
  rows.filter((one) => keys.has(keyOf(one))).map(({ call, position }) => ({ call, position }))
