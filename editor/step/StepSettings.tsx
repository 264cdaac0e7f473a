import { Button, Select, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type RefObject, useEffect, useMemo, useRef } from 'react'
import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { FlowNode } from '../../server/flow/document/flow.ts'
import type { Form, FormField } from '../../server/flow/document/form.ts'
import { freshId } from '../draft/ids.ts'
import { useDraft, useEditor, useProblems } from '../edit/context.ts'
import { bindingsQuery } from '../queries.ts'
import { CalledFlow } from './CalledFlow.tsx'
import { sayEffect } from './effect-words.ts'
import { FieldInput } from './FieldInput.tsx'
import { fieldsOf } from './field.ts'
import { StepProblems } from './StepProblems.tsx'
import { useSample } from './use-sample.ts'
import type { Settled } from './settled.ts'
import classes from './StepPanel.module.css'

/** The form of a step, made from the schema of its operation. */
export function StepSettings(props: {
  node: FlowNode
  info: OperationInfo | undefined
  field: string | undefined
  insert: RefObject<((text: string) => void) | undefined>
}) {
  const { node, info, insert } = props
  const editor = useEditor()
  const readOnly = useDraft(editor.session, (snapshot) => snapshot.readOnly) || !editor.mayEdit
  // Connections come and go on other pages: whoever looks again is told how it stands.
  const bindings = useQuery({ ...bindingsQuery(editor.workspace, editor.flowId), staleTime: 0 })
  const sample = useSample(node.id)
  const frame = useRef<HTMLDivElement>(null)
  const form = useDraft(editor.session, ({ flow }) => flow.form) ?? NO_FORM
  const asked = useRef<FormField>(undefined)
  const problems = useProblems()
  const own = useMemo(() => problems.filter((problem) => problem.node === node.id), [problems, node.id])
  useEffect(() => {
    if (props.field === undefined) return
    const at = frame.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(props.field)}"]`)
    at?.scrollIntoView({ block: 'center' })
    at?.focus()
  }, [props.field])
  if (info === undefined) {
    return (
      <div className={classes.form}>
        <StepProblems problems={own} />
        <p>
          Its settings are kept as they are.{' '}
          <Button size="compact-sm" variant="default" onClick={() => editor.command('replace')}>
            Replace by…
          </Button>
        </p>
        <pre className={classes.raw}>{JSON.stringify(node.settings, null, 2)}</pre>
      </div>
    )
  }
  const fields = fieldsOf(info.settings)
  const known = new Set(fields.map((field) => field.name))
  const connection = bindings.data?.items.find((binding) => binding.slot === node.slot)?.connection?.id
  const set = (setting: string, value: unknown) => {
    const question = asked.current
    if (question) editor.act({ do: 'ask', question, node: node.id, setting, value })
    else editor.session.do({ do: 'set', node: node.id, setting, value })
  }
  const settled: Settled = {
    workspace: editor.workspace,
    flow: editor.flowId,
    node: node.id,
    readOnly,
    connection,
    sample,
    problemAt: (path) => own.find((problem) => problem.field === path && problem.position === undefined)?.message,
    problemsAt: (path) => own.filter((problem) => problem.field === path),
    form,
    ask: (question, write) => {
      asked.current = question
      write()
      asked.current = undefined
    },
    onFocusField: (_path, write) => {
      insert.current = write
    },
  }
  const effect = sayEffect(info, node.settings)
  const elsewhere = own.filter(
    (problem) => problem.field === undefined || !known.has(problem.field.split('.')[0] ?? ''),
  )
  return (
    <div ref={frame} className={classes.form}>
      <StepProblems problems={elsewhere} />
      {info.connector === undefined ? null : <Account node={node} connector={info.connector} readOnly={readOnly} />}
      {effect ? (
        <div className={classes.effect} data-class={info.effect}>
          <strong>{effect.title}</strong>
          <p>
            {effect.when} {effect.text}
          </p>
        </div>
      ) : null}
      {info.id === 'sub-flow' ? <CalledFlow node={node} readOnly={readOnly} problemAt={settled.problemAt} /> : null}
      {(info.id === 'sub-flow' ? [] : fields).map((field) => (
        <FieldInput
          key={`${node.id} ${field.name}`}
          field={field}
          value={node.settings[field.name]}
          path={field.name}
          settled={settled}
          onChange={(value) => set(field.name, value)}
        />
      ))}
      {fields.length === 0 ? <p className="muted">This step has nothing to set.</p> : null}
      <Textarea
        label="Remark"
        description="For those who read this flow later. It changes nothing."
        autosize
        minRows={1}
        disabled={readOnly}
        value={node.note ?? ''}
        onChange={(event) => editor.act({ do: 'remark', node: node.id, text: event.currentTarget.value })}
      />
    </div>
  )
}

const NO_FORM: Form = []
const NEW = 'new account'

/** Which of the flow's accounts the step uses, and what stands behind it in this workspace. */
function Account({ node, connector, readOnly }: { node: FlowNode; connector: string; readOnly: boolean }) {
  const editor = useEditor()
  const slots = useDraft(editor.session, ({ flow }) => flow.slots)
  const bindings = useQuery(bindingsQuery(editor.workspace, editor.flowId))
  const fitting = Object.entries(slots).filter(([, slot]) => slot.connector === connector)
  const bound = bindings.data?.items.find((binding) => binding.slot === node.slot)
  return (
    <div>
      <Select
        label="Account"
        description={
          bound?.connection ? `Here: ${bound.connection.name}` : 'No connection stands behind it in this workspace yet.'
        }
        disabled={readOnly}
        value={node.slot ?? null}
        data={[
          ...fitting.map(([value, slot]) => ({ value, label: slot.title })),
          { value: NEW, label: 'Another account…' },
        ]}
        onChange={(chosen) => {
          if (chosen === null) return
          if (chosen !== NEW) {
            editor.act({ do: 'slot', node: node.id, slot: chosen })
            return
          }
          const slot = freshId(new Set(Object.keys(slots)), connector)
          const { flow } = editor.session.get()
          const title = `${connector.charAt(0).toUpperCase()}${connector.slice(1)} ${fitting.length + 1}`
          const nodes = flow.nodes.map((one) => (one.id === node.id ? { ...one, slot } : one))
          editor.act({
            do: 'become',
            what: `use another account for “${node.name}”`,
            flow: { ...flow, nodes, slots: { ...flow.slots, [slot]: { connector, title } } },
          })
        }}
      />
      {bound && !bound.connection ? (
        <Link
          to="/w/$workspace/flows/$flow"
          params={{ workspace: editor.workspace, flow: editor.flowId }}
          search={{ tab: 'connections' }}
        >
          Choose a connection
        </Link>
      ) : null}
    </div>
  )
}
