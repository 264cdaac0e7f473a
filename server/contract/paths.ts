/** Everything of the API is under here. */
export const API = '/api/v1'

/** Where OAuth providers send the browser back to. */
export const OAUTH_CALLBACK = `${API}/oauth/callback`

/** The page of the web app that the set-up link opens; the one-time token stands behind `#`. */
export const SETUP_PAGE = '/setup'
/** Where an invitation's link leads; its secret stands behind `#`. */
export const INVITATION_PAGE = '/join'
/** Where a link leads that sets a password anew; its secret stands behind `#`. */
export const PASSWORD_PAGE = '/password'
/** Where the link leads that stops a weekly letter, below API; its token is the last part. */
export const STOP_LETTERS = '/letters/stop'
/** The page that it opens; the token stands behind `#`. */
export const STOP_LETTER_PAGE = '/stop-letter'

export const SIGN_IN_PAGE = '/sign-in'
/** Where a window comes back to that went to single sign-on beside a page: it tells that one how it went. */
export const PROVED_PAGE = '/proved'

/** Pages of the web app that nobody has to be signed in for. */
export const OUTSIDE_PAGES: readonly string[] = [
  ...[SIGN_IN_PAGE, SETUP_PAGE, INVITATION_PAGE, PASSWORD_PAGE, STOP_LETTER_PAGE, PROVED_PAGE],
]
/** First parts of the addresses of the web app's pages; what begins otherwise is none of them. */
export const APP_PAGES: readonly string[] = ['', ...OUTSIDE_PAGES.map((page) => page.slice(1)), 'w']

/**
 * The header by which a page says whose it is, by their id: nobody else's session in the browser does what it asks for.
 * A stream or a download, which a browser asks for by address alone, has it in the address, by the same name.
 */
export const PAGE_PERSON = 'x-tieline-person'
