import Foundation

/// The wall clock of a Redis, stepped or stopped while it runs.
///
/// libfaketime does not go with jemalloc, which redis-server is often linked to: it allocates while the clock is read
/// for the first time. Redis reads one function, so this replaces that and nothing else; its monotonic clock stays.
package final class FaultRedisClock: Sendable {
  private static let library = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    static volatile int64_t *setting;
    __attribute__((constructor)) static void map(void) {
      const char *path = getenv("STEPPED_CLOCK_FILE");
      int file = path ? open(path, O_RDONLY) : -1;
      if (file < 0) return;
      void *bytes = mmap(0, 16, PROT_READ, MAP_SHARED, file, 0);
      if (bytes != MAP_FAILED) setting = bytes;
      close(file);
    }
    int gettimeofday(struct timeval *restrict value, void *restrict zone) {
      int64_t stopped = setting ? setting[1] : 0;
      if (stopped) {
        value->tv_sec = stopped / 1000;
        value->tv_usec = stopped % 1000 * 1000;
        return 0;
      }
      struct timespec now;
      syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
      value->tv_sec = now.tv_sec + (setting ? setting[0] : 0);
      value->tv_usec = now.tv_nsec / 1000;
      return 0;
    }
    """

  /// Holds the offset in seconds, and the time in milliseconds at which the clock stands or 0, as the machine writes
  /// 64-bit integers.
  private let file: String
  private let directory: String

  /// The variables of a server that is to go by this clock.
  package let environment: [String: String]

  /// Makes a clock that is right.
  ///
  /// What is missing to do it is an error that says what to install.
  package static func make() async throws -> FaultRedisClock {
    guard let compiler = ["cc", "clang", "gcc"].lazy.compactMap({ ChildProcess.find($0) }).first else {
      throw ServerProcessError(message: "no C compiler on PATH: apt-get install gcc")
    }
    let directory = "/tmp/clock-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    try library.write(toFile: "\(directory)/clock.c", atomically: true, encoding: .utf8)
    let compiling = try await ServerProcess.start(
      compiler, ["-shared", "-fPIC", "-o", "\(directory)/clock.so", "\(directory)/clock.c"])
    await compiling.ended()
    guard FileManager.default.fileExists(atPath: "\(directory)/clock.so") else {
      throw ServerProcessError(message: "\(compiler) could not compile: \(compiling.output)")
    }
    return try FaultRedisClock(directory: directory)
  }

  private init(directory: String) throws {
    self.directory = directory
    file = "\(directory)/offset"
    environment = ["LD_PRELOAD": "\(directory)/clock.so", "STEPPED_CLOCK_FILE": file]
    try Data(count: 16).write(to: URL(fileURLWithPath: file))
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// Steps the clock to so many seconds off the right time.
  package func step(to offset: Int64) throws { try set(offset, stopped: 0) }

  /// Stops the clock at a time in Unix milliseconds.
  package func stop(at milliseconds: Int64) throws { try set(0, stopped: milliseconds) }

  private func set(_ offset: Int64, stopped: Int64) throws {
    // In place: the server has the file mapped.
    guard let handle = FileHandle(forWritingAtPath: file) else {
      throw ServerProcessError(message: "the clock's file is gone")
    }
    try handle.write(contentsOf: withUnsafeBytes(of: (offset, stopped)) { Data($0) })
    try handle.close()
  }
}
