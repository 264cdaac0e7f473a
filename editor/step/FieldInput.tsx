import { Autocomplete, Button, Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { referenceIn } from '../../server/flow/document/form.ts'
import { isObject, itemsOf, type Schema } from '../../server/flow/schema/schema.ts'
import { AnswerField, AskMenu } from './AnswerField.tsx'
import { type Common, OptionsField } from './OptionsField.tsx'
import { OptionsListField } from './OptionsListField.tsx'
import { ExpressionField } from './ExpressionField.tsx'
import { type Field, fieldsOf, labelledChoices } from './field.ts'
import classes from './FieldInput.module.css'
import { canAsk } from './questions.ts'
import type { Settled } from './settled.ts'

/** One setting of a step, edited as its schema says. Undefined leaves it out. */
export function FieldInput(props: InputProps) {
  const { field, value, settled } = props
  if (referenceIn(value) !== undefined) return <AnswerField {...props} />
  const input = <FixedInput {...props} />
  if (settled.readOnly || !canAsk(field)) return input
  return (
    <div className={classes.askable}>
      {input}
      <AskMenu field={field} value={value} settled={settled} onChange={props.onChange} />
    </div>
  )
}

type InputProps = {
  field: Field
  value: unknown
  /** `cases.0.name`: where it stands within the settings, for problems and for the address. */
  path: string
  settled: Settled
  onChange: (value: unknown) => void
}

function FixedInput(props: InputProps) {
  const { field, value, path, settled, onChange } = props
  const common = {
    label: field.title,
    description: field.description,
    required: field.required,
    disabled: settled.readOnly,
    error: settled.problemAt(path),
    'data-field': path,
  }
  switch (field.kind) {
    case 'expression':
      return <ExpressionField field={field} value={value} path={path} settled={settled} onChange={onChange} />
    case 'options':
      return <OptionsField field={field} value={value} settled={settled} common={common} onChange={onChange} />
    case 'many-options':
      return <OptionsListField field={field} value={value} settled={settled} common={common} onChange={onChange} />
    case 'path':
      return (
        <Autocomplete
          {...common}
          size="sm"
          data={settled.sample.paths.map((one) => one.path)}
          limit={40}
          value={textOf(value)}
          placeholder={hintOf(field)}
          onFocus={() => settled.onFocusField(path, (text) => onChange(text))}
          onChange={(text) => onChange(text === '' ? undefined : text)}
        />
      )
    case 'choice':
      return (
        <Select
          {...common}
          data={[...labelledChoices(field.schema)]}
          value={textOf(value ?? field.fallback) || null}
          clearable={!field.required && value !== undefined}
          onChange={(chosen) => onChange(chosen === null ? undefined : typed(field.schema, chosen))}
        />
      )
    case 'choices':
      return <Choices field={field} value={value} common={common} onChange={onChange} />
    case 'yes-no':
      return (
        <Checkbox
          label={field.title}
          description={field.description}
          error={common.error}
          disabled={settled.readOnly}
          data-field={path}
          checked={(value ?? field.fallback) === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'whole':
    case 'number':
      return <NumberInput field={field} value={value} common={common} onChange={onChange} />
    case 'long':
      return (
        <Textarea
          {...common}
          autosize
          minRows={3}
          value={textOf(value)}
          placeholder={hintOf(field)}
          onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
        />
      )
    case 'text':
      return (
        <TextInput
          {...common}
          value={textOf(value)}
          placeholder={hintOf(field)}
          onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
        />
      )
    case 'texts':
      return <Lines field={field} value={value} common={common} onChange={onChange} />
    case 'group':
      return (
        <fieldset className={classes.group} data-field={path}>
          <legend>{field.title}</legend>
          {field.description ? <p className="muted">{field.description}</p> : null}
          <Inner schema={field.schema} value={value} path={path} settled={settled} onChange={onChange} />
        </fieldset>
      )
    case 'groups':
      return <Groups field={field} value={value} path={path} settled={settled} onChange={onChange} />
    case 'json':
      return <JsonText value={value} common={common} onChange={onChange} />
  }
}

type Part = { field: Field; value: unknown; common: Common; onChange: (value: unknown) => void }

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value))
const hintOf = (field: Field): string =>
  field.fallback === undefined || typeof field.fallback === 'object' ? '' : `${String(field.fallback)} (if left empty)`

function typed(schema: Schema, text: string): unknown {
  const choices = Array.isArray(schema['enum']) ? schema['enum'] : []
  return choices.find((choice) => String(choice) === text) ?? text
}

function Inner(props: {
  schema: Schema
  value: unknown
  path: string
  settled: Settled
  onChange: (value: unknown) => void
}) {
  const value = isObject(props.value) ? props.value : {}
  return (
    <div className={classes.fields}>
      {fieldsOf(props.schema).map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={value[field.name]}
          path={`${props.path}.${field.name}`}
          settled={props.settled}
          onChange={(next) => {
            const { [field.name]: _, ...rest } = value
            props.onChange(next === undefined ? rest : { ...rest, [field.name]: next })
          }}
        />
      ))}
    </div>
  )
}

/** A list of things with fields: cases of a route, values of a summary. */
function Groups({ field, value, path, settled, onChange }: Omit<Part, 'common'> & { path: string; settled: Settled }) {
  const items = itemsOf(field.schema) ?? {}
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  const most = typeof field.schema['maxItems'] === 'number' ? field.schema['maxItems'] : Number.POSITIVE_INFINITY
  const swap = (a: number, b: number) => {
    const next = [...list]
    ;[next[a], next[b]] = [next[b], next[a]]
    onChange(next)
  }
  const error = settled.problemAt(path)
  return (
    <fieldset className={classes.groups} data-field={path} disabled={settled.readOnly}>
      <legend>{field.title}</legend>
      {field.description ? <p className="muted">{field.description}</p> : null}
      {error ? <p className={classes.error}>{error}</p> : null}
      {list.map((one, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: elements have no identity but their place
        <div key={place} className={classes.card}>
          <div className={classes.cardHead}>
            <span className="muted">{place + 1}</span>
            <span className={classes.cardTools}>
              <Tool label={`Move ${place + 1} up`} off={place === 0} onClick={() => swap(place, place - 1)}>
                <IconArrowUp size={16} aria-hidden />
              </Tool>
              <Tool
                label={`Move ${place + 1} down`}
                off={place === list.length - 1}
                onClick={() => swap(place, place + 1)}
              >
                <IconArrowDown size={16} aria-hidden />
              </Tool>
              <Tool label={`Remove ${place + 1}`} onClick={() => onChange(list.filter((_, at) => at !== place))}>
                <IconTrash size={16} aria-hidden />
              </Tool>
            </span>
          </div>
          <Inner
            schema={items}
            value={one}
            path={`${path}.${place}`}
            settled={settled}
            onChange={(next) => onChange(list.map((old, at) => (at === place ? next : old)))}
          />
        </div>
      ))}
      {list.length < most ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...list, blank(items, list.length)])}
        >
          Add
        </Button>
      ) : null}
    </fieldset>
  )
}

/** A new element, with a name that is free where it has one: names of cases are ways out. */
function blank(items: Schema, place: number): object {
  const name = fieldsOf(items).find((field) => field.name === 'name')
  return name
    ? {
        name: `${name.title === 'Port' ? 'case' : 'value'}-${place + 1}`.replace(
          '-',
          name.title === 'Port' ? '-' : '_',
        ),
      }
    : {}
}

function Tool(props: { label: string; off?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      className={classes.tool}
      aria-label={props.label}
      disabled={props.off}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  )
}

function Choices({ field, value, common, onChange }: Part) {
  const chosen: readonly unknown[] = Array.isArray(value) ? value : Array.isArray(field.fallback) ? field.fallback : []
  const items = itemsOf(field.schema) ?? {}
  const choices = labelledChoices(items)
  return (
    <fieldset className={classes.choices} data-field={common['data-field']} disabled={common.disabled}>
      <legend>{field.title}</legend>
      {field.description ? <p className="muted">{field.description}</p> : null}
      {common.error ? <p className={classes.error}>{common.error}</p> : null}
      <div className={classes.boxes}>
        {choices.map(({ value: one, label }) => (
          <Checkbox
            key={one}
            size="sm"
            label={label}
            checked={chosen.map(String).includes(one)}
            onChange={(event) => {
              const next = event.currentTarget.checked
                ? choices.filter((choice) => choice.value === one || chosen.map(String).includes(choice.value))
                : choices.filter((choice) => choice.value !== one && chosen.map(String).includes(choice.value))
              onChange(next.map((choice) => typed(items, choice.value)))
            }}
          />
        ))}
      </div>
    </fieldset>
  )
}

/** Text that may for a while not be what it should become: kept as typed, handed on when it can be read. */
function useTyped(value: unknown, show: (value: unknown) => string): [string, (text: string) => void] {
  const [text, setText] = useState(() => show(value))
  const last = useRef(value)
  useEffect(() => {
    if (JSON.stringify(last.current) !== JSON.stringify(value)) setText(show(value))
    last.current = value
  }, [value, show])
  return [
    text,
    (next) => {
      setText(next)
    },
  ]
}

function NumberInput({ field, value, common, onChange }: Part) {
  const [text, setText] = useTyped(value, textOf)
  const whole = field.kind === 'whole'
  const number = Number(text)
  const wrong = text.trim() !== '' && (whole ? !/^-?\d+$/.test(text.trim()) : !Number.isFinite(number))
  return (
    <TextInput
      {...common}
      error={
        wrong
          ? `${field.title} is a ${whole ? 'whole number' : 'number'}, for example ${whole ? '15' : '2.5'}.`
          : common.error
      }
      value={text}
      inputMode={whole ? 'numeric' : 'decimal'}
      placeholder={hintOf(field)}
      onChange={(event) => {
        const next = event.currentTarget.value
        setText(next)
        if (next.trim() === '') onChange(undefined)
        else if (Number.isFinite(Number(next)) && (!whole || /^-?\d+$/.test(next.trim()))) onChange(Number(next))
      }}
    />
  )
}

const linesOf = (value: unknown): string => (Array.isArray(value) ? value.join('\n') : '')

function Lines({ field, value, common, onChange }: Part) {
  const [text, setText] = useTyped(value ?? field.fallback, linesOf)
  return (
    <Textarea
      {...common}
      autosize
      minRows={2}
      description={[field.description, 'One per line.'].filter(Boolean).join(' ')}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        const lines = event.currentTarget.value.split('\n').map((line) => line.trim())
        onChange(lines.filter((line) => line !== ''))
      }}
    />
  )
}

const jsonOf = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value, null, 2))

function JsonText({ value, common, onChange }: Omit<Part, 'field'>) {
  const [text, setText] = useTyped(value, jsonOf)
  const [wrong, setWrong] = useState<string>()
  return (
    <Textarea
      {...common}
      error={wrong ?? common.error}
      autosize
      minRows={3}
      spellCheck={false}
      value={text}
      onChange={(event) => {
        const next = event.currentTarget.value
        setText(next)
        try {
          onChange(next.trim() === '' ? undefined : JSON.parse(next))
          setWrong(undefined)
        } catch {
          setWrong('This is no valid JSON yet.')
        }
      }}
    />
  )
}
