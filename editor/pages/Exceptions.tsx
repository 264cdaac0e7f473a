import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, useCallback, useEffect, useState } from 'react'
import type { ExceptionView } from '../../server/contract/exceptions.ts'
import { EXCEPTIONS, ExceptionTable } from '../exception/ExceptionTable.tsx'
import { Groups } from '../exception/Groups.tsx'
import { MarkedActions } from '../exception/MarkedActions.tsx'
import { sayFitting, sayOpen } from '../exception/say-open.ts'
import { useMarkedKeys } from '../exception/use-marked-keys.ts'
import { EmptyState } from '../parts/EmptyState.tsx'
import { FilterSelect, Filters, FlowFilter } from '../parts/Filters.tsx'
import { Loaded } from '../parts/Loaded.tsx'
import { NoneSoFar } from '../parts/LookedAt.tsx'
import { type Marked, NOTHING_MARKED } from '../parts/marks.ts'
import { moreOf } from '../parts/more-of.ts'
import { exceptionGroupsQuery, exceptionsQuery } from '../queries.ts'
import { DESKS, EXCEPTION_AGES, EXCEPTION_STATES, isNarrowed } from '../search.ts'
import { Page } from '../shell/Page.tsx'
import { useFirstRow } from '../shell/use-first-row.ts'
import { useRights } from '../shell/use-rights.ts'
import { AGE_WORDS, DESK_WORDS, EXCEPTION_WORDS } from '../words.ts'

const route = getRouteApi('/w/$workspace/exceptions')

// What is open can be tried again or dismissed; the server says which of it.
const mayBeMarked = (one: ExceptionView): boolean => one.actions.includes('retry') || one.actions.includes('dismiss')

export function Exceptions() {
  const { workspace } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { may } = useRights(workspace)
  const exceptions = useInfiniteQuery(exceptionsQuery(workspace, search))
  const acts = may('exceptions.retry') || may('exceptions.dismiss')
  const [marked, setMarked] = useState<Marked>(NOTHING_MARKED)
  const filters = JSON.stringify(search)
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks are those of one filter
  useEffect(() => setMarked(NOTHING_MARKED), [filters])
  const rows = exceptions.data?.pages.flatMap((page) => page.items) ?? []
  const more = moreOf(exceptions)
  const mark = useCallback((id: string) => (acts ? setMarked({ all: false, ids: new Set([id]) }) : undefined), [acts])
  useFirstRow()
  useMarkedKeys('exceptions', marked.all || marked.ids.size > 0, mark)
  const filtered = isNarrowed(search)
  const open = useQuery({ ...exceptionGroupsQuery(workspace, {}), enabled: !filtered })
  const { state, key, assigned, age, text, ...filter } = search
  return (
    <Page
      title="Exceptions"
      sentence={filtered ? exceptions.data && sayFitting(exceptions.data.pages) : open.data && sayOpen(open.data)}
    >
      {/* Where the list below fails too, twice the same box would tell nothing more. */}
      {exceptions.error === null &&
      search.run === undefined &&
      search.code === undefined &&
      search.key === undefined &&
      search.text === undefined ? (
        <Groups
          workspace={workspace}
          filter={{ ...(search.desk ? { desk: search.desk } : {}), ...(search.flow ? { flow: search.flow } : {}) }}
        />
      ) : null}
      <Filters label="Filter exceptions">
        <FilterSelect
          label="State"
          all="All states"
          options={EXCEPTION_STATES.map((one) => ({ value: one, label: EXCEPTION_WORDS[one].word }))}
          value={state}
          onChange={(one) => navigate({ search: ({ state: _, ...rest }) => (one ? { ...rest, state: one } : rest) })}
        />
        <FilterSelect
          label="For"
          all="All desks"
          options={DESKS.map((desk) => ({ value: desk, label: DESK_WORDS[desk] }))}
          value={search.desk}
          onChange={(desk) => navigate({ search: ({ desk: _, ...rest }) => (desk ? { ...rest, desk } : rest) })}
        />
        <FilterSelect
          label="In whose hands"
          all="Anybody’s"
          options={[
            { value: 'me', label: 'Mine' },
            { value: 'nobody', label: 'Nobody’s yet' },
          ]}
          value={search.assigned}
          onChange={(whose) =>
            navigate({ search: ({ assigned: _, ...rest }) => (whose ? { ...rest, assigned: whose } : rest) })
          }
        />
        <FilterSelect
          label="Age"
          all="Any age"
          options={EXCEPTION_AGES.map((age) => ({ value: age, label: AGE_WORDS[age] }))}
          value={search.age}
          onChange={(age) => navigate({ search: ({ age: _, ...rest }) => (age ? { ...rest, age } : rest) })}
        />
        <FlowFilter
          workspace={workspace}
          value={search.flow}
          onChange={(flow) => navigate({ search: ({ flow: _, ...rest }) => (flow ? { ...rest, flow } : rest) })}
        />
        <FilterSelect
          label="Step"
          all="All steps"
          options={seen(rows, search.node, (one) => ({ value: one.node, label: one.nodeName }))}
          value={search.node}
          onChange={(node) => navigate({ search: ({ node: _, ...rest }) => (node ? { ...rest, node } : rest) })}
        />
        <FilterSelect
          label="Cause"
          all="All causes"
          options={seen(rows, search.code, (one) => ({ value: one.code, label: sayCode(one.code) }))}
          value={search.code}
          onChange={(code) => navigate({ search: ({ code: _, ...rest }) => (code ? { ...rest, code } : rest) })}
        />
        <TextFilter
          key={`record ${key ?? ''}`}
          label="Record"
          placeholder="INV-0192"
          value={key}
          onChange={(next) => navigate({ search: ({ key: _, ...rest }) => (next ? { ...rest, key: next } : rest) })}
        />
        <TextFilter
          key={`error ${text ?? ''}`}
          label="Error text"
          placeholder="no such account"
          value={text}
          onChange={(next) => navigate({ search: ({ text: _, ...rest }) => (next ? { ...rest, text: next } : rest) })}
        />
      </Filters>
      {search.run ? (
        <p>
          Only those of one run.{' '}
          <Link from="/w/$workspace/exceptions" to="." search={({ run: _, ...rest }) => rest}>
            Show those of all runs
          </Link>
        </p>
      ) : null}
      {search.fault ? (
        <p>
          Only those that were refused for one reason, whatever numbers stand in it.{' '}
          <Link from="/w/$workspace/exceptions" to="." search={({ fault: _, ...rest }) => rest}>
            Show those refused otherwise too
          </Link>
        </p>
      ) : null}
      <Loaded query={exceptions}>
        {() => {
          if (rows.length > 0) {
            return (
              <>
                {acts && rows.some(mayBeMarked) ? (
                  <MarkedActions
                    workspace={workspace}
                    marked={marked}
                    onChange={setMarked}
                    filter={
                      key === undefined &&
                      assigned === undefined &&
                      age === undefined &&
                      text === undefined &&
                      (state === undefined || state === 'open')
                        ? filter
                        : undefined
                    }
                  />
                ) : null}
                <ExceptionTable
                  workspace={workspace}
                  rows={rows}
                  {...(acts
                    ? {
                        marks: {
                          chosen: marked.all ? new Set(rows.filter(mayBeMarked).map((one) => one.id)) : marked.ids,
                          onChange: (ids: ReadonlySet<string>) => setMarked({ all: false, ids }),
                          may: mayBeMarked,
                          name: (one: ExceptionView) => one.businessKey ?? 'the record without a key',
                        },
                      }
                    : {})}
                  more={more}
                />
              </>
            )
          }
          if (more) return <NoneSoFar more={more} things={EXCEPTIONS} />
          return filtered ? (
            <EmptyState
              title="No exception fits these filters"
              action={
                <Button variant="default" onClick={() => navigate({ search: {} })}>
                  Show all exceptions
                </Button>
              }
            />
          ) : (
            <EmptyState title="Nothing is waiting for you">No record has been set aside.</EmptyState>
          )
        }}
      </Loaded>
    </Page>
  )
}

/** What occurs among the rows, and what a link has chosen already, each once. */
function seen(
  rows: readonly ExceptionView[],
  chosen: string | undefined,
  option: (row: ExceptionView) => { readonly value: string; readonly label: string },
): readonly { readonly value: string; readonly label: string }[] {
  const options = new Map(rows.map((row) => [option(row).value, option(row)]))
  if (chosen !== undefined && !options.has(chosen)) options.set(chosen, { value: chosen, label: sayCode(chosen) })
  return [...options.values()]
}

/** A code as words: `RECORD_REFUSED` → “Record refused”. */
function sayCode(code: string): string {
  const text = code.replaceAll('_', ' ').toLowerCase()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function TextFilter({
  value,
  onChange,
  ...field
}: {
  label: string
  placeholder: string
  value: string | undefined
  onChange: (text: string) => void
}) {
  const [typed, setTyped] = useState(value ?? '')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onChange(typed.trim())
  }
  return (
    <form onSubmit={submit}>
      <TextInput
        {...field}
        maxLength={200}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => {
          if (typed.trim() !== (value ?? '')) onChange(typed.trim())
        }}
      />
    </form>
  )
}
