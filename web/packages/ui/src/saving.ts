/** How the saving of a form stands; `calm` says nothing. */
export type Saving = 'calm' | 'saving' | 'saved' | 'failed'
