import { Button, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { type Field, read, type Typed, typedFrom } from '../form/schema.ts'
import { SchemaForm } from '../form/SchemaForm.tsx'
import { Card } from '../shell/Page.tsx'
import { problemsByField } from './problems-by-field.ts'
import { Failure } from '../parts/Failure.tsx'

type Values = { readonly [name: string]: unknown }

export type Entered = {
  readonly name: string
  readonly settings: Values
  readonly secrets: { readonly [name: string]: string }
}

/** Name, settings and secrets of a connection: for a new one and for one that is changed. */
export function ConnectionForm(props: {
  name: string
  /** Said below the name. */
  nameNote?: string
  settings: readonly Field[]
  /** What the settings are now. */
  values: Values
  secrets: readonly Field[]
  /** `kept`: a secret that is left empty stays as it is stored. */
  secret: 'new' | 'kept'
  verb: string
  /** Said below the button. */
  note?: ReactNode
  busy: boolean
  error: unknown
  onSubmit: (entered: Entered) => void
}) {
  const { settings, secrets, error } = props
  const [name, setName] = useState(props.name)
  const [typed, setTyped] = useState<Typed>(() => typedFrom(settings, props.values))
  const [typedSecrets, setTypedSecrets] = useState<Typed>(() => typedFrom(secrets, {}))
  const [mistakes, setMistakes] = useState<{ readonly [field: string]: string }>({})
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const plain = read(settings, typed)
    const sealed = read(secrets, typedSecrets)
    setMistakes({ ...(plain.ok ? {} : plain.mistakes), ...(sealed.ok ? {} : sealed.mistakes) })
    if (!plain.ok || !sealed.ok) return
    const texts = Object.fromEntries(Object.entries(sealed.values).map(([field, value]) => [field, String(value)]))
    props.onSubmit({ name: name.trim(), settings: plain.values, secrets: texts })
  }
  const refusedOf = (part: 'settings' | 'secrets', fields: readonly Field[]) => ({
    ...mistakes,
    ...problemsByField(
      error,
      part,
      fields.map((field) => field.name),
    ),
  })
  return (
    // Checked by `read`, which says what is missing in words; the browser's own bubbles would come first otherwise.
    <form onSubmit={submit} noValidate>
      <Card form>
        <TextInput
          label="Name"
          description={props.nameNote}
          required
          maxLength={200}
          error={name.trim() === '' ? 'A name is needed.' : undefined}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <SchemaForm fields={settings} typed={typed} onChange={setTyped} mistakes={refusedOf('settings', settings)} />
        {props.secret === 'new' && secrets.length > 0 ? (
          <p className="muted">What follows is stored encrypted and never shown again.</p>
        ) : null}
        <SchemaForm
          fields={secrets}
          typed={typedSecrets}
          onChange={setTypedSecrets}
          mistakes={refusedOf('secrets', secrets)}
          secret={props.secret}
        />
        <Failure error={error} />
        <div>
          <Button type="submit" loading={props.busy} disabled={name.trim() === ''}>
            {props.verb}
          </Button>
        </div>
        {props.note ? <p className="muted">{props.note}</p> : null}
      </Card>
    </form>
  )
}
