/// What is guarded, and how: one entry of a configuration's `policies`.
public struct IdempotencyPolicy: Sendable {
  /// The policy's name, for logs, metrics and the policy document.
  public var name: String
  /// Part of every record's key; kept when the policy is renamed.
  ///
  /// Alphabet `[A-Za-z0-9._-]{1,64}`.
  public var keyspace: String
  /// The methods it guards, in upper case.
  public var methods: Set<String>
  /// The paths it guards.
  public var path: PathPattern
  /// The authority whose requests it guards, such as `api.example.com`; nil is every authority.
  ///
  /// Without a port it is the host at every port, because most servers choose by the name alone; with one it is that
  /// port. A host that servers may read in several ways is refused where such a policy may be meant (rule W4).
  public var host: String? {
    // Without a scheme: a port that is named stays one.
    didSet { hostAuthority = host.map { Authority($0, scheme: "") } }
  }
  /// ``host``, read once.
  package private(set) var hostAuthority: Authority?
  /// A trailing slash makes another path.
  public var isTrailingSlashSignificant = false
  /// Letter case makes another path.
  public var isCaseSensitive = true
  /// Where a request's key comes from.
  public var keySource = KeySource.header("Idempotency-Key")
  /// What a key may look like (rules K8, K12).
  public var keyFormat = KeyFormat.any
  /// A request without a key is refused (rule A2).
  public var isKeyRequired = false
  /// Only the structured-field form `"…"` is accepted (rule K4).
  public var isKeyStrict = false
  /// What separates one caller's keys from another's; empty is one scope for all.
  public var scope: [ScopeEntry] = [.principal]
  /// What makes two requests the same.
  public var fingerprint = FingerprintSettings()
  /// Times, and what is decided about unknown outcomes.
  public var execution = ExecutionPolicy()
  /// Which answers are stored, released, or leave the outcome unknown.
  public var results = ResultsTable.default
  /// The statuses of this layer's own answers.
  public var statuses = Statuses()
  /// Sizes, in bytes.
  public var limits = Limits()
  /// The field that marks a replay.
  public var replayMarker = "Idempotent-Replayed"
  /// Fields that a replay leaves out beside those it always does (rule E5), in lower case.
  public var withheld: Set<String> = []

  /// The statuses of this layer's own answers; callers of some published APIs loop on 409.
  public struct Statuses: Sendable, Hashable {
    /// Same key, other request.
    public var mismatch = 422
    /// The first request still runs.
    public var inProgress = 409
    /// The outcome is not known.
    public var uncertain = 409
    /// Done, and the answer was not kept.
    public var notRetained = 409

    /// Makes the default statuses.
    public init() {}
  }

  /// The largest bodies that are held in memory, in bytes.
  ///
  /// 1 MiB each: far above what calls that move money send, and a thousand concurrent ones still fit in memory.
  public struct Limits: Sendable, Hashable {
    /// A larger request is refused with 413: it could not be fingerprinted.
    public var requestBody = 1 << 20
    /// A larger answer is delivered but not retained (rule E16).
    public var responseBody = 1 << 20

    /// Makes the default limits.
    public init() {}
  }

  /// Makes a policy of defaults for some methods and paths.
  /// - Parameters:
  ///   - name: The policy's name, and its keyspace as long as no other is set.
  ///   - methods: The methods it guards.
  ///   - path: The paths it guards: `{param}` is one segment, `**` the rest.
  /// - Throws: ``PathPatternError`` if the path is no pattern.
  public init(_ name: String, methods: Set<String> = ["POST", "PATCH"], path: String = "/**") throws(PathPatternError) {
    self.name = name
    self.keyspace = name
    self.methods = methods
    self.path = try PathPattern(path)
  }

  /// What the policy's path finds in a request's of one of its methods; nil where the policy does not guard the request.
  func match(_ authority: Authority?, _ path: CanonicalPath) -> PathPattern.Parameters? {
    guard guards(authority) else { return nil }
    return self.path.match(path, caseSensitive: isCaseSensitive, trailingSlashCounts: isTrailingSlashSignificant)
  }

  /// Whether the policy guards requests of this method to this authority.
  func guards(_ method: String, _ authority: Authority?) -> Bool {
    methods.contains(method) && guards(authority)
  }

  private func guards(_ authority: Authority?) -> Bool {
    guard let hostAuthority else { return true }
    return authority.map { hostAuthority.covers($0) } ?? false
  }
}
