// What Swift cannot import from hiredis by itself: function-like macros, and fields whose type differs between
// versions. Every #if on HIREDIS_MAJOR of this package stands here.
#ifndef CHIREDIS_SHIM_H
#define CHIREDIS_SHIM_H

#include <stddef.h>
#include <hiredis/hiredis.h>  // HIREDIS_MAJOR
#include <hiredis/read.h>

// What the reply object functions find as their task's privdata.
static inline void CHiredisReaderSetPrivdata(redisReader *reader, void *privdata) {
  reader->privdata = privdata;
}

// How large an empty buffer may be before hiredis frees it instead of filling it again.
static inline void CHiredisReaderSetMaximumIdleBuffer(redisReader *reader, size_t bytes) {
  reader->maxbuf = bytes;
}

// Bytes that were fed and belong to no finished element yet.
static inline size_t CHiredisReaderPendingCount(const redisReader *reader) {
  return reader->len - reader->pos;
}

static inline const char *CHiredisReaderPendingBytes(const redisReader *reader) {
  return reader->buf + reader->pos;
}

// The REDIS_REPLY_* type of the element being read; -1 while its first byte has not arrived.
static inline int CHiredisReaderPendingType(const redisReader *reader) {
  if (reader->ridx < 0) return -1;
#if HIREDIS_MAJOR >= 1
  return reader->task[reader->ridx]->type;
#else
  return reader->rstack[reader->ridx].type;
#endif
}

static inline const char *CHiredisReaderErrorText(const redisReader *reader) {
  return reader->errstr;
}

#endif
