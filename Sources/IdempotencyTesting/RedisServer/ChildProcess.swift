#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The system calls behind ``ServerProcess``.
package enum ChildProcess {
  /// Starts a program with its standard output and error in a pipe, and no other file of this process open.
  ///
  /// On Linux `setpriv` (util-linux) arranges that the child is killed when the calling thread ends.
  static func spawn(_ path: String, _ arguments: [String]) throws -> (processID: pid_t, output: Int32) {
    var words = [path] + arguments
    if let setpriv = find("setpriv") { words = [setpriv, "--pdeathsig", "KILL", "--"] + words }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw ServerProcessError(message: "no pipe: \(String(cString: strerror(errno)))") }
    // A child started at the same moment elsewhere must not keep the pipe open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[1]) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    closeOthers(&actions)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The child starts with no signal blocked, whatever this thread blocks, and in a group of its own, so that a ^C in a
    // terminal ends the tests and not the server under them.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for word in argv { free(word) } }
    var processID: pid_t = 0
    let result = posix_spawn(&processID, words[0], &actions, &attributes, &argv, environ)
    guard result == 0 else {
      close(ends[0])
      throw ServerProcessError(message: "cannot start \(words[0]): \(String(cString: strerror(result)))")
    }
    return (processID, ends[0])
  }

  /// Sockets of the test process must not live on in the child: SwiftNIO's are not close-on-exec, and a peer would not
  /// see the test close one.
  private static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
    #if canImport(Glibc)
      // In glibc since 2.34, but Swift's Glibc module declares it only for _GNU_SOURCE.
      typealias CloseFrom =
        @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
      guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
      _ = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, 3)
    #endif
  }

  /// The path of a program on PATH.
  package static func find(_ name: String) -> String? {
    guard let path = getenv("PATH") else { return nil }
    return String(cString: path).split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// Reads until the other end is closed, and closes this one.
  static func readLines(_ descriptor: Int32, _ line: (String) -> Void) {
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      rest += chunk[..<count]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        line(String(decoding: rest[..<end], as: UTF8.self))
        rest.removeSubrange(...end)
      }
    }
    if !rest.isEmpty { line(String(decoding: rest, as: UTF8.self)) }
    close(descriptor)
  }

  /// Blocks until a child has ended, and leaves it to be reaped.
  static func awaitEnd(_ processID: pid_t) {
    var information = siginfo_t()
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
  }

  /// Whether a child is stopped, all of its threads, as SIGSTOP does.
  static func isStopped(_ processID: pid_t) -> Bool {
    var information = siginfo_t()
    return waitid(P_PID, id_t(processID), &information, WSTOPPED | WNOWAIT | WNOHANG) == 0 && information.si_signo != 0
  }

  /// Reaps a child that has ended.
  static func reap(_ processID: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
