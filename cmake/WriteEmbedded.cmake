# cmake -DROOT=… -DFILES=a,b [-DPREFIX=web -DDIRECTORY=…] -DNAMESPACE=app -DOUTPUT=x.cc -P WriteEmbedded.cmake
string(REPLACE "," ";" FILES "${FILES}")
set(arrays "")
set(entries "")
set(index 0)

# embed(<file> <the path that it is known by>)
macro(embed file path)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char file_${index}[] = {${bytes}'\\0'};\n")
  string(APPEND entries "    {\"${path}\", {file_${index}, sizeof file_${index} - 1}},\n")
  math(EXPR index "${index} + 1")
endmacro()

foreach(file IN LISTS FILES)
  embed(${ROOT}/${file} ${file})
endforeach()
if(DIRECTORY)
  file(GLOB_RECURSE tree RELATIVE ${DIRECTORY} ${DIRECTORY}/*)
  list(REMOVE_ITEM tree .built)
  list(SORT tree)
  foreach(file IN LISTS tree)
    embed(${DIRECTORY}/${file} ${PREFIX}/${file})
  endforeach()
endif()
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
