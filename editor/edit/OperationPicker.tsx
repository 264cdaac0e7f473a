import { TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { type CSSProperties, type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import { DRAGGED_OPERATION } from '../canvas/dragged.ts'
import { rank } from '../draft/search.ts'
import { hueOf } from '../outline.ts'
import classes from './OperationPicker.module.css'
import { recentOperations } from './recent.ts'

const KINDS = { trigger: 'Start', read: 'Read', pure: 'Change', lookup: 'Look up', write: 'Send' } as const

type Group = { readonly title: string; readonly items: readonly OperationInfo[] }

/** A searched list of operations: arrows move, Enter chooses, and each can be dragged onto the canvas. */
export function OperationPicker(props: {
  operations: readonly OperationInfo[]
  label: string
  autoFocus?: boolean
  draggable?: boolean
  /** Left out here, but there: how many, and why. */
  hidden?: { readonly count: number; readonly why: string } | undefined
  onChoose: (info: OperationInfo) => void
  onClose?: () => void
}) {
  const [typed, setTyped] = useState('')
  const [active, setActive] = useState(0)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const groups = useMemo(() => groupsOf(props.operations, typed), [props.operations, typed])
  const flat = groups.flatMap((group) => group.items)
  const current = flat[Math.min(active, flat.length - 1)]
  const activeId = current?.id
  useEffect(() => {
    if (activeId)
      list.current?.querySelector(`[data-operation="${CSS.escape(activeId)}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [activeId])
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      setActive((before) => (before + step + flat.length) % Math.max(1, flat.length))
    } else if (event.key === 'Enter' && current) {
      event.preventDefault()
      props.onChoose(current)
    } else if (event.key === 'Escape' && props.onClose) {
      event.preventDefault()
      event.stopPropagation()
      props.onClose()
    }
  }
  let place = -1
  return (
    <div className={classes.picker}>
      <TextInput
        role="combobox"
        aria-label={props.label}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={current ? `${id}-${current.id}` : undefined}
        placeholder="Search, for example “bill” or “filter”"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        data-autofocus={props.autoFocus || undefined}
        // biome-ignore lint/a11y/noAutofocus: the list was asked for just now, to be typed into
        autoFocus={props.autoFocus ?? false}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Steps to add" className={classes.list}>
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own
          <div key={group.title} role="group" aria-label={group.title}>
            <div className={classes.group} aria-hidden>
              {group.title}
            </div>
            {group.items.map((info) => {
              place++
              const own = place
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the search field, as in every list of this kind
                <div
                  key={`${group.title} ${info.id}`}
                  id={`${id}-${info.id}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={own === Math.min(active, flat.length - 1)}
                  data-operation={info.id}
                  className={classes.option}
                  style={{ '--hue': hueOf(info) } as CSSProperties} // React's type knows no custom properties
                  draggable={props.draggable}
                  onDragStart={(event) => {
                    event.dataTransfer.setData(DRAGGED_OPERATION, info.id)
                    event.dataTransfer.effectAllowed = 'copy'
                  }}
                  onPointerMove={() => setActive(own)}
                  onClick={() => props.onChoose(info)}
                >
                  <span className={classes.title}>
                    {info.title}
                    <span className={classes.kind}>{KINDS[info.kind]}</span>
                  </span>
                  <span className={classes.summary}>{info.summary}</span>
                </div>
              )
            })}
          </div>
        ))}
      </div>
      {flat.length === 0 ? (
        <p className={classes.none} role="status">
          Nothing is called “{typed}”. Try the name of the system (Xero, Emarsys) or what it should do (read, filter,
          send).
        </p>
      ) : null}
      {props.hidden && props.hidden.count > 0 ? (
        <p className={classes.none}>
          {props.hidden.count} more {props.hidden.why}
        </p>
      ) : null}
    </div>
  )
}

function groupsOf(operations: readonly OperationInfo[], typed: string): readonly Group[] {
  const recent = recentOperations()
  const ranked = rank(operations, typed, recent)
  if (typed.trim() !== '') return ranked.length > 0 ? [{ title: 'Best first', items: ranked }] : []
  const lately = recent.flatMap((id) => operations.find((info) => info.id === id) ?? [])
  const rest = operations.filter((info) => !lately.includes(info))
  const byApp = Map.groupBy(rest, (info) =>
    info.connector === undefined
      ? info.kind === 'trigger'
        ? 'Start of a flow'
        : 'Change and choose'
      : appName(info.connector),
  )
  return [
    ...(lately.length > 0 ? [{ title: 'Used lately', items: lately }] : []),
    ...[...byApp].map(([title, items]) => ({ title, items })),
  ]
}

const appName = (connector: string): string => connector.charAt(0).toUpperCase() + connector.slice(1)
