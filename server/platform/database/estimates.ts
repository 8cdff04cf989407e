// What the database is made to believe where it cannot know.

/**
 * A function of a hundred rows, as far as a plan knows; it gives none. Beside the rows of a statement's values it keeps the plan from
 * taking them for so few that the whole of a table, which was empty when the plan was made, is read for them.
 *
 * @example from rows from (unnest($1::text[]), ${A_HUNDRED}) as given (id, nothing)
 */
export const A_HUNDRED = "jsonb_object_keys('{}')";
