/** Text that shows what it says. */

/** Without control characters other than line breaks, and without those that turn the direction of what follows. */
export function visible(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
}
