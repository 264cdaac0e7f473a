import { Handle, type NodeProps, Position } from '@xyflow/react'
import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconClock,
  IconLoader,
  IconMinus,
  IconNote,
  IconPlus,
} from '@tabler/icons-react'
import { type CSSProperties, memo, useState } from 'react'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import { belowOffset, portOffset, SIDE, sidePorts } from '../draft/place.ts'
import { sayInput, sayPort } from '../draft/port-words.ts'
import { useEditorIfAny } from './use-editor-if-any.ts'
import { hueOf } from '../outline.ts'
import type { StepElement, StepRun } from './elements.ts'
import classes from './StepNode.module.css'

const RUN_ICONS = {
  ok: IconCircleCheckFilled,
  running: IconLoader,
  failed: IconAlertOctagonFilled,
  partly: IconAlertTriangleFilled,
  waiting: IconClock,
  skipped: IconMinus,
} as const

/** A step as a box: which system, its name, what it does, how it stands. Ways out with a meaning are labelled. */
export const StepNode = memo(function StepNode({ id, data, selected }: NodeProps<StepElement>) {
  const { node, info, run } = data
  // What is only seen while somebody is at the step is only there then: a flow has hundreds of ways out.
  const [near, setNear] = useState(false)
  const open = near || selected
  const inputs = info?.inputs ?? ['in']
  const side = info ? sidePorts(node, info) : ['out']
  const below = info ? portsOf(node, info).filter((port) => SIDE.has(port)) : []
  return (
    <div
      className={classes.step}
      data-step-block=""
      onPointerEnter={() => setNear(true)}
      onPointerLeave={() => setNear(false)}
      style={{ '--hue': hueOf(info) } as CSSProperties} // React's type knows no custom properties
      data-selected={selected || undefined}
      data-disabled={node.disabled}
      data-run={run?.tone}
      data-mark={data.mark}
      data-unknown={info === undefined || undefined}
    >
      <div className={classes.head}>
        <span className={classes.tile} data-step-tile="" aria-hidden>
          {(info?.connector ?? info?.title ?? node.operation).charAt(0).toUpperCase()}
        </span>
        <span className={classes.text}>
          <bdi className={classes.name} data-step-name="">
            {node.name}
          </bdi>
          <span className={classes.summary} data-step-summary="">
            {data.account ? `${data.summary} · ${data.account}` : data.summary}
          </span>
        </span>
        <Marks data={data} run={run} />
      </div>
      {node.disabled ? (
        <span className={classes.disabled}>{node.disabled === 'pass' ? 'Off: lets through' : 'Off: ends here'}</span>
      ) : null}
      {run ? (
        <span className={classes.foot} data-step-foot="">
          {run.foot}
        </span>
      ) : null}
      {inputs.map((input, place) => (
        <Handle
          key={input}
          id={input}
          type="target"
          position={Position.Left}
          className={classes.handle}
          style={{ top: portOffset(place, inputs.length) }}
          isConnectable={data.editable}
          aria-hidden
        >
          {inputs.length > 1 ? <span className={classes.inputLabel}>{sayInput(info, input)}</span> : null}
        </Handle>
      ))}
      {side.map((port, place) => (
        <Port
          key={port}
          id={id}
          port={port}
          data={data}
          top={portOffset(place, side.length)}
          labelled={side.length > 1}
          open={open}
        />
      ))}
      {below.map((port, place) => (
        <Below key={port} id={id} port={port} data={data} left={belowOffset(place)} open={open} />
      ))}
    </div>
  )
})

function Marks({ data, run }: { data: StepElement['data']; run: StepRun | undefined }) {
  const Icon = run ? RUN_ICONS[run.tone] : undefined
  return (
    <span className={classes.marks} aria-hidden>
      {data.node.note ? <IconNote size={14} className={classes.remark} /> : null}
      {data.errors > 0 ? <span className={classes.errors}>{data.errors}</span> : null}
      {data.errors === 0 && data.warnings > 0 ? <span className={classes.warnings}>{data.warnings}</span> : null}
      {Icon && run ? <Icon size={18} className={classes.run} data-tone={run.tone} /> : null}
    </span>
  )
}

type PortProps = { id: string; port: string; data: StepElement['data'] }
type OpenProps = PortProps & { open: boolean }

function Port({ id, port, data, top, labelled, open }: OpenProps & { top: number; labelled: boolean }) {
  return (
    <>
      <Handle
        id={port}
        type="source"
        position={Position.Right}
        className={classes.handle}
        style={{ top }}
        isConnectable={data.editable}
        aria-hidden
      >
        {labelled ? <span className={classes.portLabel}>{sayPort(data.info, port)}</span> : null}
      </Handle>
      {data.editable && open ? <Plus id={id} port={port} data={data} style={{ top, right: -34 }} /> : null}
    </>
  )
}

function Below({ id, port, data, left, open }: OpenProps & { left: number }) {
  return (
    <>
      <Handle
        id={port}
        type="source"
        position={Position.Bottom}
        className={classes.handle}
        data-minor=""
        style={{ left }}
        isConnectable={data.editable}
        aria-hidden
      >
        {open ? <span className={classes.belowLabel}>{sayPort(data.info, port)}</span> : null}
      </Handle>
      {data.editable && open ? (
        <Plus id={id} port={port} data={data} style={{ left: left - 12, bottom: -36 }} minor />
      ) : null}
    </>
  )
}

function Plus({ id, port, data, style, minor }: PortProps & { style: CSSProperties; minor?: boolean }) {
  const editor = useEditorIfAny()
  return (
    <button
      type="button"
      className={`${classes.plus} nodrag nopan`}
      style={style}
      data-minor={minor}
      data-plus={`${id}/${port}`}
      tabIndex={-1}
      aria-label={`Add a step after ${data.node.name}, by “${sayPort(data.info, port)}”`}
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        editor?.ask({ after: { node: id, port }, screen: { x: box.right + 8, y: box.top } })
      }}
    >
      <IconPlus size={14} aria-hidden />
    </button>
  )
}
