import HeapModule
import NIOCore

/// The timers of an event loop's exchanges: one heap, and one task of the event loop for the earliest.
///
/// A scheduled task of the event loop for each renewal would be made only to be cancelled: nearly every operation ends
/// before its first renewal is due.
struct Deadlines {
  /// When whom to wake.
  struct Entry: Comparable {
    let due: NIODeadline
    let number: UInt64

    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }
  }

  private var heap = Heap<Entry>()

  /// Entries of exchanges that are over which may lie in the heap before it is cleared: too few to count, enough that
  /// clearing, which looks at all, is rare.
  private static let tolerated = 4096

  /// When the earliest is due.
  var earliest: NIODeadline? { heap.min?.due }

  /// Remembers to wake somebody; an entry stays until it is due, and who is over by then is passed over.
  mutating func insert(_ number: UInt64, at due: NIODeadline) {
    heap.insert(Entry(due: due, number: number))
  }

  /// Forgets entries of the dead, when they are many beside the `living`.
  mutating func clear(living: Int, isLiving: (UInt64) -> Bool) {
    guard heap.count > 4 * living + Self.tolerated else { return }
    heap = Heap(heap.unordered.filter { isLiving($0.number) })
  }

  /// Takes the next that is due.
  mutating func takeDue(_ now: NIODeadline) -> UInt64? {
    guard let first = heap.min, first.due <= now else { return nil }
    heap.removeMin()
    return first.number
  }
}
