import Logging

extension AuditSettings {
  /// Reads `audit`.
  init(_ section: Section) {
    self.init()
    isEnabled = section.boolean("enabled", default: isEnabled)
    maximumEntries = section.integer("maxEntries", default: maximumEntries, in: Self.maximumEntriesRange)
  }
}

extension LoggingSettings {
  /// Reads `logging`.
  init(_ section: Section) {
    self.init()
    level = section.choice(
      "level",
      [
        "trace": .trace, "debug": .debug, "info": .info, "notice": .notice, "warning": .warning, "error": .error,
        "critical": .critical,
      ], default: level)
    format = section.choice("format", ["json": .json, "text": .text], default: format)
  }
}
