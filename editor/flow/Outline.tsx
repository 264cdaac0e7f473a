import type { CSSProperties, ReactNode } from 'react'
import type { Flow } from '../../server/flow/document/flow.ts'
import { hueOf, type Operations, outlineOf } from '../outline.ts'
import { SettingList } from '../step/SettingList.tsx'
import classes from './Outline.module.css'

/** The steps of a flow, in the order in which records pass them, each with what it does. */
export function Outline(props: {
  document: Flow
  operations: Operations
  step: string | undefined
  problems: (node: string) => ReactNode
}) {
  const steps = outlineOf(props.document, props.operations)
  return (
    <ol className={classes.steps} aria-label="Steps">
      {steps.map(({ node, info, from, facts }, place) => (
        <li
          key={node.id}
          id={`step-${node.id}`}
          className={classes.step}
          style={{ '--hue': hueOf(info) } as CSSProperties} // React's type knows no custom properties
          aria-current={props.step === node.id ? 'step' : undefined}
        >
          <div className={classes.tile} aria-hidden>
            {markOf(info?.connector ?? info?.title ?? node.operation)}
          </div>
          <div className={classes.text}>
            <h2 className="small">{node.name}</h2>
            <p className="muted">{info?.summary ?? `This installation has no operation “${node.operation}”.`}</p>
            {node.note ? <p className={classes.nodeNote}>{node.note}</p> : null}
            <ul className={classes.facts}>
              {node.slot ? <li>{props.document.slots[node.slot]?.title ?? node.slot}</li> : null}
              {facts.map((fact) => (
                <li key={fact}>{fact}</li>
              ))}
              {sayFrom(from, steps[place - 1]?.node.name)}
            </ul>
            {Object.keys(node.settings).length === 0 ? null : (
              <details className={classes.settings}>
                <summary>Settings</summary>
                <SettingList node={node} info={info} />
              </details>
            )}
            {props.problems(node.id)}
          </div>
        </li>
      ))}
    </ol>
  )
}

/** Nothing, where records come from the step right above. */
function sayFrom(from: readonly string[], above: string | undefined): ReactNode {
  if (from.length === 0 || (from.length === 1 && from[0] === above)) return null
  return <li>After {from.join(' and ')}</li>
}

const markOf = (text: string): string => text.charAt(0).toUpperCase()
