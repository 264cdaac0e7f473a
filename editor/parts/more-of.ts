import type { More } from './LookedAt.tsx'

/** How a list that is read page by page goes on, if it does. */
export const moreOf = (list: {
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  readonly fetchNextPage: () => Promise<unknown>
  readonly data: { readonly pages: readonly { readonly looked?: More['looked'] }[] } | undefined
}): More | undefined =>
  list.hasNextPage
    ? {
        load: () => void list.fetchNextPage(),
        loading: list.isFetchingNextPage,
        looked: list.data?.pages.at(-1)?.looked,
      }
    : undefined
