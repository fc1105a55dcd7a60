import CAllocationCounter

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How many instructions a piece of work takes in user space, by the processor's own count.
///
/// The only figure that another load on the machine does not change.
final class InstructionCounter {
  private let descriptor: Int32

  /// Opens the counter for the calling thread; nil where there is none, as in most virtual machines.
  init?() {
    descriptor = CInstructionCounter_open()
    if descriptor < 0 { return nil }
  }

  deinit {
    close(descriptor)
  }

  /// Does some work on the thread that opened the counter.
  ///
  /// - Returns: The instructions; nil where the processor's counters were taken away meanwhile.
  func count(_ work: () throws -> Void) rethrows -> UInt64? {
    guard CInstructionCounter_begin(descriptor) else { return nil }
    try work()
    var instructions: UInt64 = 0
    return CInstructionCounter_end(descriptor, &instructions) ? instructions : nil
  }
}
