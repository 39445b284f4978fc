# SPDX-License-Identifier: Apache-2.0
# Writes the bytes of OBJECT into the source BYTES, as what cenote::MODULE::FUNCTION() returns.
file(READ ${OBJECT} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" hex "${hex}")
file(WRITE ${BYTES} "#include \"resolver/${MODULE}/${FUNCTION}.h\"

namespace cenote::${MODULE} {
namespace {

alignas(8) constexpr std::uint8_t kObject[] = {
${hex}};

}  // namespace

ByteView ${FUNCTION}() noexcept { return kObject; }

}  // namespace cenote::${MODULE}
")
