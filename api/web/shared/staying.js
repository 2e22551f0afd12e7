/**
 * Which of those in a row need not move when the row gets another order.
 */

/**
 * Returns the set of numbers of a longest increasing subsequence of a list of different numbers.
 *
 * By patience sorting in O(n log n): Fredman, On computing the length of longest increasing
 * subsequences, Discrete Mathematics 11 (1975), doi:10.1016/0012-365X(75)90103-X.
 */
export function longestRising(numbers) {
  // Of each length, the smallest number that a rising sequence of it ends with; and before each number
  // the one that it follows.
  const ends = [];
  const before = new Map();
  for (const number of numbers) {
    const length = firstAbove(ends, number);
    before.set(number, ends[length - 1]);
    ends[length] = number;
  }
  const found = new Set();
  for (let number = ends.at(-1); number !== undefined; number = before.get(number)) found.add(number);
  return found;
}

/** Returns where in a rising list the first one above a number is, its length where none is. */
function firstAbove(rising, number) {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
