/** A running sum of decimal texts without rounding, however many places they have. */
export class DecimalSum {
  #units = 0n
  #places = 2

  /** `text` must look like `-12.345`. */
  add(text: string): void {
    const dot = text.indexOf('.')
    const places = dot === -1 ? 0 : text.length - dot - 1
    if (places > this.#places) {
      this.#units *= 10n ** BigInt(places - this.#places)
      this.#places = places
    }
    const digits = dot === -1 ? text : text.slice(0, dot) + text.slice(dot + 1)
    this.#units += BigInt(digits) * 10n ** BigInt(this.#places - places)
  }

  /** At least two places; further ones only where they are not zero. */
  text(): string {
    const negative = this.#units < 0n
    const digits = (negative ? -this.#units : this.#units).toString().padStart(this.#places + 1, '0')
    const whole = digits.slice(0, -this.#places)
    const places = digits.slice(-this.#places).replace(/0+$/, '').padEnd(2, '0')
    return `${negative ? '-' : ''}${whole}.${places}`
  }
}

export const DECIMAL = /^-?\d{1,18}(?:\.\d{1,12})?$/
