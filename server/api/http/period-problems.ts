/** What is refused of checks and sign-offs of a month; part of the one list of problems. */
export const PERIOD_PROBLEMS = {
  CHECK_MISSING: {
    status: 409,
    title: 'There is no such check',
    meaning:
      'The check is not the newest of the month that came to its end. Look at the newest one, or check the month.',
  },
  CHECK_ACTIVE: {
    status: 409,
    title: 'A check is under way',
    meaning: 'The month is being checked for this flow already. Wait for it, or cancel its run.',
  },
  CHECK_OLD: {
    status: 409,
    title: 'The check is too old',
    meaning: 'The flow has sent something since the check began, or runs another version. Check the month again.',
  },
  PERIOD_OPEN: {
    status: 409,
    title: 'The month is not over',
    meaning: 'It can be signed off when its last day is over everywhere.',
  },
  ALREADY_SIGNED: {
    status: 409,
    title: 'This check is signed off already',
    meaning:
      'Somebody has signed the month off by this very check; the detail says who. To sign it anew, re-open the month first.',
  },
  NOT_SIGNED: {
    status: 409,
    title: 'The month is not signed off',
    meaning: 'Nobody has signed it off for this flow, or that was taken back already.',
  },
  PERIOD_DISAGREES: {
    status: 409,
    title: 'The month does not agree',
    meaning:
      'Documents differ, or records were set aside. Put that right and check again, or give a note that says why it is right so.',
  },
} as const
