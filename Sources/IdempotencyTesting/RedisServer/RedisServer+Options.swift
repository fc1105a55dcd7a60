extension RedisServer {
  /// How a server is started.
  ///
  /// Whatever is not named here has Redis's own default.
  public struct Options: Sendable {
    /// Whether every write is logged and survives a restart: `appendonly yes` with `appendfsync always`.
    public var appendOnly = false
    /// The memory limit as Redis writes it, such as `2mb`; nil for none.
    public var maxMemory: String?
    /// What Redis throws away when full.
    public var maxMemoryPolicy = "noeviction"
    /// The default user's password; nil for none.
    public var password: String?
    /// ACL users as Redis writes them after `user`, such as `alice on >secret ~* &* +@all`.
    public var users: [String] = []
    /// Whether it listens on 127.0.0.1.
    public var listensOnTCP = true
    /// Whether it listens on ``RedisServer/unixSocketPath``.
    public var listensOnUnixSocket = false
    /// Whether the TCP port speaks TLS, with a certificate for `localhost` and `127.0.0.1` made for this server.
    public var usesTLS = false
    /// Whether it listens on `::1` too, if the machine has that.
    public var bindsIPv6 = false
    /// Variables of its environment beside this process's own, such as those of a library that steps its clock.
    public var environment: [String: String] = [:]
    /// More arguments of `redis-server`, such as `["--databases", "2"]`; they come last and win.
    public var extraArguments: [String] = []

    /// Makes options with all defaults: plain TCP, no password, nothing on disk, no limits.
    public init() {}
  }
}
