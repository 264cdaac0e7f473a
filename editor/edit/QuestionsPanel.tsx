import { Button, Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { FORM_TYPES, type Form, type FormField } from '../../server/flow/document/form.ts'
import { freeName, usersOf } from '../draft/questions.ts'
import { useDraft, useEditor } from './context.ts'
import classes from './Editor.module.css'

const TYPE_WORDS: { readonly [type in FormField['type']]: string } = {
  text: 'Text',
  number: 'Number',
  integer: 'Whole number',
  boolean: 'Yes or no',
  choice: 'One of several',
  money: 'Amount of money',
  days: 'Number of days',
  list: 'Several texts',
}

const NO_FORM: Form = []

/** What the flow asks of each place where it runs: for every client the same flow, with answers of their own. */
export function QuestionsPanel() {
  const editor = useEditor()
  const form = useDraft(editor.session, ({ flow }) => flow.form) ?? NO_FORM
  const readOnly = useDraft(editor.session, (snapshot) => snapshot.readOnly) || !editor.mayEdit
  const put = (next: Form, what: string, key?: string) =>
    editor.act({ do: 'questions', form: next, what, ...(key ? { key } : {}) })
  return (
    <div className={classes.list}>
      <p className="muted">
        What may differ from one client to the next. Steps take an answer for a setting by the sign beside it,
        expressions as <code>$settings.name</code>.
      </p>
      {form.length === 0 ? <p className="muted">This flow asks nothing yet.</p> : null}
      <ol className={classes.questions}>
        {form.map((one) => (
          <Question
            key={one.name}
            question={one}
            readOnly={readOnly}
            onChange={(next) =>
              put(
                form.map((other) => (other.name === one.name ? next : other)),
                `change the question “${one.title}”`,
                `question ${one.name}`,
              )
            }
            onRemove={() =>
              put(
                form.filter((other) => other.name !== one.name),
                `remove the question “${one.title}”`,
              )
            }
          />
        ))}
      </ol>
      {readOnly ? null : (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() =>
            put(
              [...form, { name: freeName(form, 'New question'), type: 'text', title: 'New question' }],
              'add a question',
            )
          }
        >
          Add a question
        </Button>
      )}
    </div>
  )
}

function Question(props: {
  question: FormField
  readOnly: boolean
  onChange: (next: FormField) => void
  onRemove: () => void
}) {
  const { question, readOnly, onChange } = props
  const editor = useEditor()
  const flow = useDraft(editor.session, (snapshot) => snapshot.flow)
  const users = usersOf(flow, question.name)
  const [typed, setTyped] = useState(textOf(question))
  const standing = textOf(question)
  useEffect(() => setTyped(standing), [standing])
  const change = (more: Partial<FormField>) => onChange(cleaned({ ...question, ...more }))
  const wrong = typed !== '' && defaultFrom(question.type, typed) === undefined
  return (
    <li className={classes.question} aria-label={question.title}>
      <TextInput
        label="Question"
        disabled={readOnly}
        maxLength={200}
        value={question.title}
        onChange={(event) => event.currentTarget.value.trim() !== '' && change({ title: event.currentTarget.value })}
      />
      <p className="muted">
        <code>$settings.{question.name}</code>
        {users.length > 0
          ? `, for ${users.slice(0, 3).join(', ')}${users.length > 3 ? ' and others' : ''}`
          : ', not used yet'}
      </p>
      <Select
        label="Answer"
        disabled={readOnly}
        data={FORM_TYPES.map((value) => ({ value, label: TYPE_WORDS[value] }))}
        value={question.type}
        onChange={(type) => {
          const next = FORM_TYPES.find((one) => one === type)
          if (next && next !== question.type)
            change({
              type: next,
              default: undefined,
              choices: next === 'choice' ? [{ value: 'one', title: 'One' }] : undefined,
            })
        }}
      />
      {question.type === 'choice' ? (
        <Choices question={question} readOnly={readOnly} onChange={(choices) => change({ choices })} />
      ) : null}
      <TextInput
        label="Until somebody answers"
        description={question.type === 'list' ? 'Texts with commas between.' : undefined}
        error={wrong ? `This is no ${TYPE_WORDS[question.type].toLowerCase()}.` : undefined}
        disabled={readOnly}
        value={typed}
        placeholder={question.optional ? 'nothing' : 'the flow does not run'}
        onChange={(event) => {
          const text = event.currentTarget.value
          setTyped(text)
          if (text === '') change({ default: undefined })
          else if (defaultFrom(question.type, text) !== undefined) change({ default: defaultFrom(question.type, text) })
        }}
      />
      <Textarea
        label="Help"
        autosize
        minRows={1}
        maxLength={2000}
        disabled={readOnly}
        value={question.description ?? ''}
        onChange={(event) => change({ description: event.currentTarget.value || undefined })}
      />
      <Checkbox
        label="May stay without an answer"
        disabled={readOnly}
        checked={question.optional === true}
        onChange={(event) => change({ optional: event.currentTarget.checked || undefined })}
      />
      <Checkbox
        label="Clients may change the answer"
        disabled={readOnly}
        checked={question.client === true}
        onChange={(event) => change({ client: event.currentTarget.checked || undefined })}
      />
      {readOnly ? null : (
        <Button
          size="compact-sm"
          variant="subtle"
          color="danger"
          leftSection={<IconTrash size={14} aria-hidden />}
          onClick={props.onRemove}
        >
          Remove
        </Button>
      )}
    </li>
  )
}

/** One choice a line, as “value = what it is called”. */
function Choices(props: {
  question: FormField
  readOnly: boolean
  onChange: (choices: NonNullable<FormField['choices']>) => void
}) {
  const standing = (props.question.choices ?? []).map(({ value, title }) => `${value} = ${title}`).join('\n')
  const [typed, setTyped] = useState(standing)
  return (
    <Textarea
      label="Choices"
      description="One a line: value = title"
      autosize
      minRows={2}
      disabled={props.readOnly}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        const choices = event.currentTarget.value.split('\n').flatMap((line) => {
          const [value = '', title = ''] = line.split(/\s*=\s*/, 2).map((part) => part.trim())
          return value === '' ? [] : [{ value: value.slice(0, 200), title: (title || value).slice(0, 200) }]
        })
        if (choices.length > 0) props.onChange(choices.slice(0, 100))
      }}
      onBlur={() => setTyped(standing)}
    />
  )
}

const textOf = ({ default: value }: FormField): string =>
  value === undefined
    ? ''
    : Array.isArray(value)
      ? value.join(', ')
      : typeof value === 'boolean'
        ? value
          ? 'yes'
          : 'no'
        : String(value)

/** What was typed as an answer of its kind; undefined where it is none. */
function defaultFrom(type: FormField['type'], text: string): unknown {
  switch (type) {
    case 'boolean':
      return /^yes$/i.test(text) ? true : /^no$/i.test(text) ? false : undefined
    case 'number':
    case 'money':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined
    case 'integer':
    case 'days':
      return /^-?\d+$/.test(text.trim()) ? Number(text) : undefined
    case 'list':
      return text
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)
    default:
      return text
  }
}

const cleaned = (field: { [name in keyof FormField]?: FormField[name] | undefined }): FormField =>
  // Only what is optional can be undefined here.
  Object.fromEntries(Object.entries(field).filter(([, value]) => value !== undefined)) as FormField
