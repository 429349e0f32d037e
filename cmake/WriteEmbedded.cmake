# cmake -DROOT=… -DFILES=a,b -DNAMESPACE=app -DOUTPUT=x.cc -P WriteEmbedded.cmake
string(REPLACE "," ";" FILES "${FILES}")
set(arrays "")
set(entries "")
set(index 0)
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char file_${index}[] = {${bytes}'\\0'};\n")
  string(APPEND entries "    {\"${file}\", {file_${index}, sizeof file_${index} - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include <span>

#include \"base/embedded_file.h\"

namespace {
${arrays}
constexpr vestnik::EmbeddedFile files[] = {
${entries}};
}  // namespace

namespace vestnik::${NAMESPACE} {
std::span<const EmbeddedFile> embedded_files();
std::span<const EmbeddedFile> embedded_files() { return files; }
}  // namespace vestnik::${NAMESPACE}
")
