/** Small preferences that outlive the page; where the browser keeps nothing, they last as long as it. */
const unkept = new Map<string, string>();

export function remembered(name: string): string | undefined {
  try {
    return localStorage.getItem(`reluscope.${name}`) ?? undefined;
  } catch {
    return unkept.get(name);
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`reluscope.${name}`, value);
  } catch {
    unkept.set(name, value);
  }
}
