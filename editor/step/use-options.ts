import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { createElement, type ReactNode, useState } from 'react'
import * as api from '../api.ts'
import { sayError } from '../parts/say-error.ts'
import type { Settled } from './settled.ts'

export type Options = {
  readonly data: readonly { readonly value: string; readonly label: string }[]
  /** As its system calls it; undefined for what it does not have, or has not been asked for. */
  readonly labelOf: (value: string) => string | undefined
  readonly render: (value: string) => ReactNode
  /** Why there is nothing to choose, or not all. */
  readonly note: string | undefined
  readonly ask: () => void
}

/** What a setting may choose from, asked of the connection behind the step once somebody looks at the field. */
export function useOptions({ connection, workspace }: Settled, source: string, text: string): Options {
  const [asked, setAsked] = useState(false)
  const [search] = useDebouncedValue(text, 300)
  const options = useQuery({
    queryKey: [workspace, 'connections', connection, 'options', source, search],
    queryFn: ({ signal }) => api.connectionOptions(workspace, connection ?? '', source, { search }, { signal }),
    // Asking costs a call to the other system: only for whoever looks at the field.
    enabled: connection !== undefined && asked,
    staleTime: 60_000,
    retry: false,
    placeholderData: (before) => before,
  })
  const items = options.data?.items ?? []
  const labelOf = (value: string) => items.find((one) => one.value === value)?.label
  return {
    data: items.map((one) => ({ value: one.value, label: one.value })),
    labelOf,
    render: (value) => {
      const label = labelOf(value)
      return createElement(
        'span',
        {},
        `${label} `,
        createElement('span', { className: 'muted' }, label === value ? '' : value),
      )
    },
    note:
      connection === undefined
        ? 'Choose a connection for the account, and the choices are listed here.'
        : options.error
          ? `${sayError(options.error).title}. The value can be typed.`
          : options.data?.more
            ? 'There are more: type a part of the name.'
            : undefined,
    ask: () => setAsked(true),
  }
}
