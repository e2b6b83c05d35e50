mod hostile;
mod java;
mod made_up;
mod own;
mod speed;
mod sticky;
