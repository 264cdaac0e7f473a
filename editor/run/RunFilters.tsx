import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { FilterChoices, FilterSelect, Filters, FlowFilter } from '../parts/Filters.tsx'
import { membersQuery } from '../queries.ts'
import { RUN_CAUSES, RUN_SINCE, RUN_STATES, type RunsSearch } from '../search.ts'
import { useRights } from '../shell/use-rights.ts'
import { CAUSE_WORDS, RUN_WORDS } from '../words.ts'

const SINCE_WORDS = {
  hour: 'The last hour',
  day: 'The last 24 hours',
  week: 'The last 7 days',
  month: 'The last 30 days',
} as const

const LENGTHS = [
  { value: '10', label: '10 s or longer' },
  { value: '60', label: '1 min or longer' },
  { value: '600', label: '10 min or longer' },
  { value: '3600', label: '1 h or longer' },
] as const

/** Fields beyond the first row; they stay open while one of them is in use. */
const FURTHER = ['version', 'longer', 'code', 'text', 'by', 'from', 'to', 'dry'] as const

/** What the list of runs is narrowed by. Every choice stands in the address, so that a link shows the same. */
export function RunFilters(props: { workspace: string; search: RunsSearch; onChange: (search: RunsSearch) => void }) {
  const { workspace, search } = props
  const used = FURTHER.some((name) => search[name] !== undefined)
  const [open, setOpen] = useState(used)
  // undefined takes the field out of the address.
  const set = (change: { readonly [Name in keyof RunsSearch]?: RunsSearch[Name] | undefined }) =>
    props.onChange(
      Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined)),
    )
  return (
    <Filters label="Filter runs">
      <FlowFilter workspace={workspace} value={search.flow} onChange={(flow) => set({ flow, version: undefined })} />
      <FilterChoices
        label="State"
        all="All states"
        options={RUN_STATES.map((state) => ({ value: state, label: RUN_WORDS[state].word }))}
        values={RUN_STATES.filter((state) => search.state?.split(',').includes(state))}
        onChange={(states) => set({ state: states.length === 0 ? undefined : states.join(',') })}
      />
      <FilterSelect
        label="Started by"
        all="Anything"
        options={RUN_CAUSES.map((cause) => ({ value: cause, label: CAUSE_WORDS[cause] }))}
        value={search.cause}
        onChange={(cause) => set({ cause })}
      />
      <FilterSelect
        label="When"
        all="Any time"
        options={RUN_SINCE.map((since) => ({ value: since, label: SINCE_WORDS[since] }))}
        value={search.since}
        onChange={(since) => set({ since, from: undefined, to: undefined })}
      />
      <FilterText
        label="Record"
        placeholder="INV-0192"
        value={search.key}
        onChange={(key) => set({ key })}
        maxLength={200}
      />
      {open || used ? (
        <>
          <FilterSelect
            label="Took"
            all="However long"
            options={[...LENGTHS]}
            value={LENGTHS.find(({ value }) => Number(value) === search.longer)?.value}
            onChange={(length) => set({ longer: length === undefined ? undefined : Number(length) })}
          />
          <FilterText
            label="Error code"
            placeholder="REMOTE_DOWN"
            value={search.code}
            onChange={(code) => set({ code: code?.toUpperCase() })}
            fits={/^[a-z][a-z0-9_]{0,63}$/i}
            mistake="Capital letters, digits and _"
            maxLength={64}
          />
          <FilterText
            label="Error text"
            placeholder="answered with status 503"
            value={search.text}
            onChange={(text) => set({ text })}
            maxLength={200}
          />
          {search.flow === undefined ? null : (
            <FilterText
              label="Version"
              placeholder="14"
              value={search.version === undefined ? undefined : String(search.version)}
              onChange={(version) => set({ version: version === undefined ? undefined : Number(version) })}
              fits={/^\d{1,9}$/}
              mistake="A number"
              maxLength={9}
            />
          )}
          <AskedBy workspace={workspace} value={search.by} onChange={(by) => set({ by })} />
          <FilterText
            label="From"
            type="date"
            value={search.from}
            onChange={(from) => set({ from, since: undefined })}
          />
          <FilterText label="To" type="date" value={search.to} onChange={(to) => set({ to, since: undefined })} />
          <FilterSelect
            label="Dry runs"
            all="Among the others"
            options={[
              { value: 'only', label: 'Only dry runs' },
              { value: 'none', label: 'None' },
            ]}
            value={search.dry}
            onChange={(dry) => set({ dry })}
          />
        </>
      ) : (
        <Button variant="subtle" size="sm" style={{ alignSelf: 'end', flex: 'none' }} onClick={() => setOpen(true)}>
          More filters
        </Button>
      )}
    </Filters>
  )
}

function AskedBy(props: {
  workspace: string
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  const { may } = useRights(props.workspace)
  const members = useQuery({ ...membersQuery(props.workspace), enabled: may('people.read') })
  const options = [
    { value: 'me', label: 'Me' },
    ...(members.data?.items ?? []).map(({ user, name }) => ({ value: user, label: name })),
  ]
  // A link may name somebody who is not there any more.
  if (props.value !== undefined && !options.some(({ value }) => value === props.value)) {
    options.push({ value: props.value, label: 'Somebody else' })
  }
  return (
    <FilterSelect
      label="Asked for by"
      all="Anybody"
      options={options}
      value={props.value}
      searchable
      onChange={props.onChange}
    />
  )
}

/** A text that counts once it has stood for half a second, or with Enter: the server is not asked at each letter. */
function FilterText(props: {
  label: string
  placeholder?: string
  type?: 'date'
  value: string | undefined
  fits?: RegExp
  mistake?: string
  maxLength?: number
  onChange: (value: string | undefined) => void
}) {
  const [text, setText] = useState(props.value ?? '')
  useEffect(() => setText(props.value ?? ''), [props.value])
  const sought = text.trim()
  const wrong = sought !== '' && props.fits !== undefined && !props.fits.test(sought)
  const tell = (): void => {
    if (!wrong && sought !== (props.value ?? '')) props.onChange(sought === '' ? undefined : sought)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed starts the wait anew.
  useEffect(() => {
    const timer = setTimeout(tell, 500)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <TextInput
      label={props.label}
      placeholder={props.placeholder ?? ''}
      type={props.type ?? 'text'}
      value={text}
      error={wrong ? (props.mistake ?? 'That cannot be') : null}
      {...(props.maxLength === undefined ? {} : { maxLength: props.maxLength })}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={tell}
      onKeyDown={(event) => {
        if (event.key === 'Enter') tell()
      }}
    />
  )
}
