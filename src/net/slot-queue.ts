/** Slots in the order of their times: a binary heap, in which a slot stands once. */
export function createSlotQueue(): {
  add(slotMs: number): void;
  first(): number | undefined;
  shift(): void;
  clear(): void;
} {
  const heap: number[] = [];
  return {
    add: (slotMs) => {
      let i = heap.push(slotMs) - 1;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (heap[parent]! <= slotMs) break;
        heap[i] = heap[parent]!;
        i = parent;
      }
      heap[i] = slotMs;
    },
    first: () => heap[0],
    shift: () => {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      let i = 0;
      for (let child = 1; child < heap.length; child = 2 * i + 1) {
        if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
        if (heap[child]! >= last) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
    },
    clear: () => {
      heap.length = 0;
    },
  };
}
