import Foundation

@testable import IdempotencyTesting

/// Another wall clock for a process, made by libfaketime.
enum FaultWallClock {
  /// libfaketime 0.9.10 takes every timerfd for one of the wall clock and moves timers of the monotonic clocks too.
  ///
  /// No stepped clock does that to a process. Loaded before it, this leaves timers alone.
  private static let timers = """
    #define _GNU_SOURCE
    #include <sys/syscall.h>
    #include <sys/timerfd.h>
    #include <unistd.h>
    int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old) {
      return syscall(SYS_timerfd_settime, fd, flags, value, old);
    }
    """

  /// Where distributions put it.
  private static let libraries = [
    "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib64/faketime",
    "/usr/lib/faketime", "/usr/local/lib/faketime",
  ].map { "\($0)/libfaketimeMT.so.1" }

  /// The variables of a process that is to see another wall clock and the real monotonic ones.
  ///
  /// `time` is `FAKETIME` with an offset such as `+10m`, or `FAKETIME_TIMESTAMP_FILE` with the path of a file that holds
  /// one and may change. What is missing to do it is an error that says what to install.
  static func environment(_ time: [String: String], directory: String) async throws -> [String: String] {
    guard let library = libraries.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw HarnessError("libfaketime is not installed: apt-get install faketime (deploy/test does it)")
    }
    guard let compiler = ["cc", "clang", "gcc"].lazy.compactMap({ ChildProcess.find($0) }).first else {
      throw HarnessError("no C compiler on PATH: apt-get install gcc")
    }
    let shim = "\(directory)/timers.so"
    try timers.write(toFile: "\(directory)/timers.c", atomically: true, encoding: .utf8)
    let compiling = try await ServerProcess.start(compiler, ["-shared", "-fPIC", "-o", shim, "\(directory)/timers.c"])
    await compiling.ended()
    guard FileManager.default.fileExists(atPath: shim) else {
      throw HarnessError("\(compiler) could not compile: \(compiling.output)")
    }
    let fixed = [
      "LD_PRELOAD": "\(shim) \(library)", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1",
    ]
    return time.merging(fixed) { $1 }
  }

  /// Removes what libfaketime leaves behind of a process that is killed.
  ///
  /// It has it mapped once it runs.
  static func forget(_ processID: pid_t) {
    for name in ["faketime_shm_\(processID)", "sem.faketime_sem_\(processID)"] {
      try? FileManager.default.removeItem(atPath: "/dev/shm/\(name)")
    }
  }
}
