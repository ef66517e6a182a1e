// Package sip2 speaks the Standard Interchange Protocol, version 2.00, between a
// self-check (SC) and a library's circulation system (ACS): the messages, their
// codec, a [Client] for the self-check's side and a [Server] for the system's.
//
// The source is 3M's definition, document revision 2.12 of 11 April 2006. What
// is sent keeps its letter: fixed fields of exact width, required fields in the
// order of the document even when they are empty, optional fields left out when
// there is nothing to say, dates as YYYYMMDDZZZZHHMMSS with blanks for local time,
// at most 255 bytes a field, a sequence number and a checksum at the end where
// error detection is on, and a carriage return.
//
// What is read is taken as real systems send it. Each of these was seen in one:
//
//   - lines end in CR, CR LF or LF, and may have blanks or empty fields around them;
//   - a checksum is missing, or was summed over characters instead of the bytes
//     on the wire (SIPServer of Evergreen and Koha, in Perl), or has lower-case digits;
//   - a sequence number has more than one digit (a Ruby client counts on);
//   - fields come in any order, twice, or are unknown; an empty one follows the
//     fixed part;
//   - counts and dates are blank; a due date is written any way (the document allows it);
//   - text is not in the encoding that was agreed on.
//
// The bytes on the wire are in one of the [Encodings]. A message is decoded before it
// is split into fields: in GB 18030 the second byte of a character may be the
// code of the delimiter. The checksum is of the wire's bytes.
//
// Guarantees: no input makes a decoder panic, and none longer than MaxLine is kept
// in memory; a client never takes the answer to one message for that to another
// where error detection is on; a message that is sent again has the sequence number
// it had before; a server answers a repeated message with the answer it gave.
//
// A caller must not put what it wants to keep from a wiretap into messages without
// TLS: the protocol has no secrecy of its own, and passwords travel as they are.
//
// Test a client against a Server on a loopback listener, as the tests here do.
package sip2
