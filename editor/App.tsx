import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { FollowPreferences } from './people/FollowPreferences.tsx'
import { lookWhoItIs } from './people/look-who-it-is.ts'
import { ProveDialog } from './people/ProveDialog.tsx'
import { RecoveryCodesDialog } from './people/RecoveryCodes.tsx'
import { SignInAgain } from './people/SignInAgain.tsx'
import { sessionQuery } from './queries.ts'
import { ApiError, ofPerson } from './request.ts'
import { createAppRouter } from './router.tsx'
import { resolveVariables, theme } from './theme.ts'

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => void lookWhoItIs(client, error) }),
  mutationCache: new MutationCache({ onError: (error) => void lookWhoItIs(client, error) }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Offline is an error that is shown, not a wait without an end; what is on the page is read again when back.
      networkMode: 'always',
      refetchOnReconnect: true,
      // An answer is an answer: only what may pass by itself is tried again, twice, within about three seconds.
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      retryDelay: (failures) => 500 * 2 ** failures,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})

ofPerson(() => client.getQueryData(sessionQuery.queryKey)?.user.id)

const router = createAppRouter(client)

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={resolveVariables}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
        <RecoveryCodesDialog />
        <ProveDialog />
        <SignInAgain router={router} />
        <FollowPreferences />
        <Notifications position="bottom-right" autoClose={6000} limit={3} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
