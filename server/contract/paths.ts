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

/** First parts of the addresses of the web app's pages; what begins otherwise is none of them. */
export const APP_PAGES: readonly string[] = ['', 'sign-in', 'setup', 'join', 'password', 'stop-letter', 'proved', 'w']
