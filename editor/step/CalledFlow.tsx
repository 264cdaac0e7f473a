import { Select } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Version } from '../../server/contract/flows.ts'
import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { isObject } from '../../server/flow/schema/schema.ts'
import { useDraft, useEditor } from '../edit/context.ts'
import { flowsQuery, versionQuery, versionsQuery } from '../queries.ts'
import classes from './CalledFlow.module.css'

type Pair = { readonly inner: string; readonly outer: string }

/** Which flow a step calls: chosen by name and version, with what it takes and what it hands back. */
export function CalledFlow(props: {
  node: FlowNode
  readOnly: boolean
  problemAt: (path: string) => string | undefined
}) {
  const { node, readOnly, problemAt } = props
  const editor = useEditor()
  const { workspace } = editor
  const client = useQueryClient()
  const flows = useQuery(flowsQuery(workspace))
  const called = typeof node.settings['flow'] === 'string' ? node.settings['flow'] : undefined
  const number = typeof node.settings['version'] === 'number' ? node.settings['version'] : undefined
  const versions = useQuery({ ...versionsQuery(workspace, called ?? ''), enabled: called !== undefined })
  const version = useQuery({
    ...versionQuery(workspace, called ?? '', number ?? 0),
    enabled: called !== undefined && number !== undefined,
  })
  const callable = (flows.data?.items ?? []).filter((one) => one.liveVersion !== null && one.id !== editor.flowId)
  const data = callable.map((one) => ({ value: one.id, label: one.name }))
  if (called && !data.some(({ value }) => value === called)) data.push({ value: called, label: called })
  const live = flows.data?.items.find((one) => one.id === called)?.liveVersion

  /** With the slots of the version that is called: what fits in only one way is joined at once. */
  const choose = async (flow: string, wanted: number) => {
    const { document } = await client.fetchQuery(versionQuery(workspace, flow, wanted))
    const own = editor.session.get().flow.slots
    const slots = Object.entries(document.slots).flatMap(([inner, slot]): Pair[] => {
      const before = pairsOf(node).find((pair) => pair.inner === inner)
      const fits = Object.entries(own).filter(([, one]) => one.connector === slot.connector)
      const outer = before?.outer ?? (fits.length === 1 ? fits[0]?.[0] : undefined)
      return outer === undefined ? [] : [{ inner, outer }]
    })
    editor.act({ do: 'settle', node: node.id, settings: { ...node.settings, flow, version: wanted, slots } })
  }
  const failed = () => editor.say('The flow could not be read. Nothing was changed.', 'attention')

  return (
    <div className={classes.called}>
      <Select
        label="Flow"
        description="One that begins with “Called by a flow”, and is published."
        searchable
        required
        disabled={readOnly}
        data-field="flow"
        error={problemAt('flow')}
        nothingFoundMessage="No published flow is called that."
        data={data}
        value={called ?? null}
        onChange={(id) => {
          const chosen = callable.find((one) => one.id === id)
          if (chosen?.liveVersion) choose(chosen.id, chosen.liveVersion).catch(failed)
        }}
      />
      {called ? (
        <Select
          label="Version"
          description="It stays until you choose another, whatever is published there."
          required
          disabled={readOnly}
          data-field="version"
          error={problemAt('version')}
          data={(versions.data?.items ?? []).map((one) => ({
            value: String(one.number),
            label: `${one.number}${one.live ? ' (live)' : ''}: ${one.summary}`,
          }))}
          value={number === undefined ? null : String(number)}
          onChange={(next) => next !== null && choose(called, Number(next)).catch(failed)}
        />
      ) : null}
      {live && number !== undefined && live !== number ? (
        <p className={classes.newer}>
          Version {live} is live there; this step still calls version {number}.
        </p>
      ) : null}
      {version.data ? <Contract version={version.data} /> : null}
      {version.data ? (
        <Slots node={node} inner={version.data.document.slots} readOnly={readOnly} error={problemAt('slots')} />
      ) : null}
      {called ? (
        <Link to="/w/$workspace/flows/$flow/edit" params={{ workspace, flow: called }}>
          Open the called flow
        </Link>
      ) : null}
    </div>
  )
}

function pairsOf({ settings }: FlowNode): readonly Pair[] {
  const slots = settings['slots']
  return (Array.isArray(slots) ? slots : []).flatMap((pair: unknown) =>
    isObject(pair) && typeof pair['inner'] === 'string' && typeof pair['outer'] === 'string'
      ? [{ inner: pair['inner'], outer: pair['outer'] }]
      : [],
  )
}

/** What the called flow promises: which records it takes, and whether it hands any back. */
function Contract({ version }: { version: Version }) {
  const entry = version.document.nodes.find(({ operation }) => operation === 'entry')
  if (entry === undefined) {
    return (
      <p className={classes.newer} role="alert">
        “{version.document.name}” cannot be called: version {version.number} has no step “Called by a flow”.
      </p>
    )
  }
  const fields = Array.isArray(entry.settings['fields']) ? entry.settings['fields'].filter(isObject) : []
  const back = version.document.nodes.some(({ operation }) => operation === 'leave')
  const title = entry.settings['title']
  return (
    <section className={classes.contract} aria-label="What the called flow takes and gives">
      {typeof title === 'string' ? <p>{title}</p> : null}
      <table>
        <caption>It takes records with</caption>
        <tbody>
          {fields.map((field) => (
            <tr key={String(field['path'])}>
              <th scope="row">
                <code>{String(field['path'])}</code>
              </th>
              <td>{KINDS[String(field['kind'] ?? 'text')] ?? String(field['kind'])}</td>
              <td className="muted">{field['required'] === false ? 'may be missing' : 'must be there'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted">
        {entry.settings['others'] === 'refuse' ? 'Other fields are refused.' : 'Other fields may be there as well.'}{' '}
        {back ? 'What it hands back goes on from here.' : 'It hands nothing back: nothing goes on from here.'}
      </p>
    </section>
  )
}

const KINDS: { readonly [kind: string]: string } = {
  text: 'text',
  number: 'number',
  whole: 'whole number',
  'yes-no': 'yes or no',
  date: 'date',
  time: 'date and time',
  object: 'group of fields',
}

/** Which account of this flow stands for each of the called one. */
function Slots(props: { node: FlowNode; inner: Flow['slots']; readOnly: boolean; error: string | undefined }) {
  const { node, inner, readOnly } = props
  const editor = useEditor()
  const own = useDraft(editor.session, ({ flow }) => flow.slots)
  const pairs = pairsOf(node)
  const put = (name: string, outer: string, slots?: Flow['slots']) =>
    editor.act({
      do: 'settle',
      node: node.id,
      settings: {
        ...node.settings,
        slots: [...pairs.filter((pair) => pair.inner !== name), { inner: name, outer }],
      },
      ...(slots ? { slots } : {}),
    })
  return (
    <>
      {Object.entries(inner).map(([name, slot]) => {
        const fits = Object.entries(own).filter(([, one]) => one.connector === slot.connector)
        return (
          <Select
            key={name}
            label={`Account for its “${slot.title}”`}
            required
            disabled={readOnly}
            error={props.error}
            data-field="slots"
            data={[
              ...fits.map(([value, one]) => ({ value, label: one.title })),
              ...(own[name] ? [] : [{ value: `new ${name}`, label: 'Another account…' }]),
            ]}
            value={pairs.find((pair) => pair.inner === name)?.outer ?? null}
            onChange={(chosen) => {
              if (chosen === null) return
              if (chosen === `new ${name}`) put(name, name, { [name]: slot })
              else put(name, chosen)
            }}
          />
        )
      })}
    </>
  )
}
