import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { FlowNode } from '../../server/flow/document/flow.ts'
import { fieldsOf } from '../form/schema.ts'
import classes from './SettingList.module.css'

/** What a step is told to do, under the names that its form has, to be read. */
export function SettingList({ node, info }: { node: Pick<FlowNode, 'settings'>; info: OperationInfo | undefined }) {
  const fields = new Map(info ? fieldsOf(info.settings).map((field) => [field.name, field]) : [])
  return (
    <dl className={classes.settings}>
      {Object.entries(node.settings).map(([name, value]) => {
        const field = fields.get(name)
        const label = field?.choices.find((choice) => choice.value === value)?.label
        return (
          <div key={name}>
            <dt>{field?.title ?? name}</dt>
            <dd>{label ?? said(value)}</dd>
          </div>
        )
      })}
    </dl>
  )
}

function said(value: unknown) {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ') || 'None'
  if (typeof value === 'object' && value !== null && '$setting' in value)
    return `The answer to “${String(value.$setting)}” in the settings of each flow`
  return <pre>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
}
