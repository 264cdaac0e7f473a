import { Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Props = ButtonProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> & { ref?: Ref<HTMLAnchorElement> }

/** A link that looks like a button: it leads somewhere and does nothing else. */
export const ButtonLink = createLink(function ButtonAnchor({ ref, ...props }: Props) {
  return <Button component="a" ref={ref} {...props} />
})
