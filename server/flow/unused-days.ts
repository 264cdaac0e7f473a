/** A sign-in that nothing has used for so many days is turned off: what is open and needed by nobody is a risk. */
export const UNUSED_DAYS = 60
/** That is announced so many days ahead. */
export const UNUSED_NOTICE_DAYS = 14
