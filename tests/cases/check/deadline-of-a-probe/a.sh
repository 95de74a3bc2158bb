a_start() {
  :
}
