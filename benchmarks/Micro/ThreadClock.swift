#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The time that this thread has spent on a processor.
///
/// Not the time on the wall: nothing that is measured waits, and whoever else uses the machine is not to be counted.
enum ThreadClock {
  /// Nanoseconds since the thread began.
  static var nanoseconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
