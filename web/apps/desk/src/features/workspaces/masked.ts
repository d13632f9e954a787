/** Whether a text holds something that is told in part. */
export const isMasked = (text: string | null | undefined): boolean => /\*{3,}|\*[\s.-]+\*|^•+$/.test(text ?? '')
