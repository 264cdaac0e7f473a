import type { Flow } from '../../server/flow/document/flow.ts'
import { kindOf } from './picture.ts'
import classes from './PictureLegend.module.css'

const COLOURED = [
  { kind: 'xero', words: 'Xero' },
  { kind: 'emarsys', words: 'Emarsys' },
]

/** Which colour of the boxes is whose, for all flows that are drawn above or below. */
export function PictureLegend({ flows }: { flows: readonly Flow[] }) {
  const kinds = new Set(flows.flatMap(({ nodes }) => nodes.map(({ operation }) => kindOf(operation))))
  const shown = COLOURED.filter(({ kind }) => kinds.has(kind))
  return (
    <ul className={classes.legend} aria-label="Colours of the boxes">
      {shown.map(({ kind, words }) => (
        <li key={kind} data-kind={kind}>
          {words}
        </li>
      ))}
      {kinds.size > shown.length ? <li>Other steps</li> : null}
    </ul>
  )
}
